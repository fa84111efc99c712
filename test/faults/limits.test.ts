/** kill -9 of the Redis in which two daemons count limits: all requests are answered, and then they count together again. */
import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { API_PREFIX } from '../../src/api/routes.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { faultProxy } from '../support/fault-proxy.ts'
import { ownServices } from '../support/own-services.ts'

/** Requests at once; the next comes after a minute. */
const BURST = 6
const RECOVERY_MS = 60_000

test('limits hold across daemons before and after Redis is killed, and no request fails meanwhile', async () => {
  const urls = await ownServices('up')
  try {
    await using redis = await faultProxy({ url: urls.redis })
    const start = () =>
      startTestDaemon({
        env: {
          DATABASE_URL: urls.postgres,
          REDIS_URL: redis.url,
          CHATBOT_LIMITS_REQUESTS_PER_MINUTE: '1',
          CHATBOT_LIMITS_REQUESTS_BURST: String(BURST),
        },
      })
    await using one = await start()
    await using two = await start()
    const newKey = async () => (await one.api.call('createKey', { body: { name: randomUUID() } })).key
    const ask = async (daemon: TestDaemon, key: string) =>
      (
        await fetch(`http://${daemon.host}${API_PREFIX}/auth/me`, {
          headers: { authorization: `Bearer ${key}` },
        })
      ).status
    async function allowedTogether(): Promise<number> {
      const key = await newKey()
      const statuses = await Promise.all(
        [one, two].flatMap((daemon) => Array.from({ length: BURST }, () => ask(daemon, key))),
      )
      return statuses.filter((status) => status === 200).length
    }
    expect(await allowedTogether()).toBe(BURST)

    const statuses: number[] = []
    let isDead = true
    const restarted = ownServices('restart', 'redis').finally(() => (isDead = false))
    while (isDead) statuses.push(await ask(one, await newKey()), await ask(two, await newKey()))
    redis.retarget((await restarted).redis)
    const restartedAt = performance.now()
    expect(new Set(statuses)).toEqual(new Set([200]))

    for (const { api } of [one, two]) {
      await expect
        .poll(async () => (await api.call('status', {})).components.map(({ state }) => state), {
          timeout: RECOVERY_MS,
        })
        .toEqual(['ok', 'ok'])
    }
    const recovered = Math.round(performance.now() - restartedAt)
    expect(await allowedTogether()).toBe(BURST)
    console.log(
      `Redis killed: ${statuses.length} requests during it, counted together again ${recovered} ms after it`,
    )
  } finally {
    await ownServices('down')
  }
})

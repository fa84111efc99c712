/** PostgreSQL and Redis fail while questions are asked: no accepted answer is lost, nothing crashes, all recovers by itself. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { type FaultProxy, faultProxy } from '../support/fault-proxy.ts'
import { ownServices } from '../support/own-services.ts'
import { greeted } from '../support/raw-socket.ts'
import { upload } from '../support/upload.ts'

const CLIENTS = 8
const FAULT_MS = 2500
const RECOVERY_MS = 60_000

interface Asked {
  readonly id: string
  readonly question: string
  done: boolean
}

/** Asks one question after the other on its own socket, whatever comes of them, until it is told to stop. */
async function askOn(daemon: TestDaemon, accepted: Asked[], answered: () => void, stop: AbortSignal) {
  while (!stop.aborted) {
    await using client = await greeted(daemon)
    const ask: Asked = {
      id: randomUUID(),
      question: `How long does Murka sleep? (${randomUUID()})`,
      done: false,
    }
    const { events, last } = await client.ask(ask.question, { id: ask.id })
    if (events.some(({ type }) => type === 'accepted')) accepted.push(ask)
    ask.done = last?.type === 'done'
    if (ask.done) answered()
    else await sleep(50)
  }
}

const ingest = (daemon: TestDaemon) =>
  upload(daemon, 'default', 'cats.md', 'Murka the cat sleeps sixteen hours a day.\n')

test('PostgreSQL and Redis are cut, stalled, delayed, half-open and killed under load', async () => {
  const urls = await ownServices('up')
  const dataDir = mkdtempSync(join(tmpdir(), 'chatbot-faults-'))
  try {
    await using postgres = await faultProxy({ url: urls.postgres })
    await using redis = await faultProxy({ url: urls.redis })
    await using daemon = await startTestDaemon({
      dataDir,
      env: {
        DATABASE_URL: postgres.url,
        REDIS_URL: redis.url,
        CHATBOT_DATABASE_CONNECT_TIMEOUT_MS: '1000',
        CHATBOT_DATABASE_STATEMENT_TIMEOUT_MS: '2000',
        CHATBOT_ANSWER_LEASE_MS: '3000',
      },
    })
    await ingest(daemon)
    const accepted: Asked[] = []
    const stop = new AbortController()
    let answers = 0
    let next = Promise.withResolvers<void>()
    const answered = () => {
      answers += 1
      next.resolve()
      next = Promise.withResolvers<void>()
    }
    const clients = Array.from({ length: CLIENTS }, () => askOn(daemon, accepted, answered, stop.signal))
    // A client that fails ends the test, not the process.
    const failed = Promise.all(clients).then(() => undefined)
    failed.catch(() => undefined)
    await Promise.race([next.promise, failed])

    const lines: string[] = []
    async function during(name: string, fault: () => void | Promise<void>, heal: () => void) {
      const before = answers
      await fault()
      await Promise.race([sleep(FAULT_MS), failed])
      const meanwhile = answers - before
      heal()
      await recovery(name, meanwhile)
    }
    /** Killed until it runs again. */
    async function killed(name: string, service: 'postgres' | 'redis', proxy: FaultProxy) {
      const before = answers
      const { [service]: url } = await ownServices('restart', service)
      const meanwhile = answers - before
      proxy.retarget(url)
      await recovery(name, meanwhile)
    }
    async function recovery(name: string, meanwhile: number) {
      const healed = performance.now()
      await Promise.race([
        next.promise,
        failed,
        sleep(RECOVERY_MS).then(() => Promise.reject(new Error(`${name}: no answer`))),
      ])
      lines.push(
        `${name}: ${meanwhile} answers during it, the next ${Math.round(performance.now() - healed)} ms after it`,
      )
    }
    for (const [name, service, proxy] of [
      ['Redis', 'redis', redis],
      ['PostgreSQL', 'postgres', postgres],
    ] as const) {
      await during(`${name} cut`, proxy.cut, proxy.heal)
      await during(`${name} down`, proxy.down, proxy.heal)
      await during(`${name} stalled`, proxy.stall, proxy.heal)
      await during(`${name} half-open`, proxy.halfOpen, proxy.heal)
      await during(`${name} 100 ms late`, () => proxy.delay(100), proxy.heal)
      await killed(`${name} killed`, service, proxy)
      // What the fault before has left must not count as what the next one does.
      await expect
        .poll(async () => (await daemon.api.call('status', {})).components.map(({ state }) => state), {
          timeout: RECOVERY_MS,
        })
        .toEqual(['ok', 'ok'])
    }
    const admin = new Redis(redis.url)
    const setMemory = (bytes: string) => void admin.config('SET', 'maxmemory', bytes).catch(() => undefined)
    await during(
      'Redis flushed',
      () => void admin.flushall(),
      () => undefined,
    )
    await during(
      'Redis full',
      async () => {
        setMemory('1')
        const redisState = async () => (await daemon.api.call('status', {})).components[1]
        await expect
          .poll(redisState, { timeout: RECOVERY_MS })
          .toMatchObject({ state: 'degraded', detail: expect.stringContaining('OOM') })
      },
      () => setMemory('0'),
    )
    admin.disconnect()
    stop.abort()
    await failed

    await using client = await greeted(daemon)
    for (const { id, question, done } of accepted) {
      const { events, last } = await client.ask(question, { id })
      expect(last, question).toMatchObject({ type: 'done' })
      if (done) expect(events[0], question).toMatchObject({ type: 'accepted' })
    }
    expect(daemon.process.exitCode).toBeNull()
    const cut = accepted.filter(({ done }) => !done).length
    console.log(
      `${lines.join('\n')}\n${accepted.length} accepted, ${cut} without their end at the time, all answered`,
    )
  } finally {
    await ownServices('down')
    rmSync(dataDir, { recursive: true, force: true })
  }
})

/** Whatever lies in Redis, on a real cluster and on a master that a sentinel watches; and their failovers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisLogs } from '../../src/redis/answer-log.ts'
import type { RedisConnection } from '../../src/redis/connection.ts'
import { redisSignals } from '../../src/redis/signals.ts'
import { keysOf, ownPrefix, testRedis, untilTrouble } from '../support/redis.ts'
import {
  describeRedisServers,
  type RedisCluster,
  redisCluster,
  type WatchedRedis,
  watchedRedis,
} from '../support/redis-servers.ts'
import { all, done, EVENTS, LOGGED, redisLogsSuite } from './answer-logs.suite.ts'
import { allowed, redisLimiterSuite, SLOW, sharedLimiter } from './rate-limiter.suite.ts'
import { redisTierSuite } from './tier.suite.ts'

const put = (redis: RedisConnection, slot: string) =>
  redis.attempt((client) => client.set(redis.key('x', slot), '1'), 'without')

/** Signals are sent until one comes: nobody says when a subscription has begun. */
async function signalsPass(url: string): Promise<void> {
  const keyPrefix = ownPrefix()
  await using one = await testRedis({ url, keyPrefix })
  await using two = await testRedis({ url, keyPrefix })
  const { promise: heard, resolve, reject } = Promise.withResolvers<string>()
  const [sender, receiver] = [redisSignals(one, reject), redisSignals(two, reject)]
  receiver.on('cancel', resolve)
  const sending = setInterval(() => sender.send('cancel', 'answer 1'), 20)
  expect(await heard).toBe('answer 1')
  clearInterval(sending)
}

function forms(url: () => string): void {
  describe('tiers', () => redisTierSuite(url))
  describe('limiters', () => redisLimiterSuite(url))
  describe('answer logs', () => redisLogsSuite(url))
  it('signals', () => signalsPass(url()))
}

describeRedisServers('Redis as a cluster', () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await redisCluster()
  })
  afterAll(() => cluster?.[Symbol.asyncDispose]())
  forms(() => cluster.url)

  it('keeps what it is given on all its masters, and what belongs together on one', async () => {
    await using redis = await testRedis({ url: cluster.url })
    const limiter = await sharedLimiter(cluster.url, redis.key('x', 'x').split(':')[0])
    await using _ = limiter
    await Promise.all(Array.from({ length: 60 }, (_, index) => put(redis, `${index}`)))
    await Promise.all(Array.from({ length: 20 }, (_, index) => limiter.limiter.take(`user ${index}`, SLOW)))
    const counts = await Promise.all(cluster.masters.map(({ client }) => client.dbsize()))
    expect(counts.every((count) => count > 0)).toBe(true)
    expect(await keysOf(redis, redis.key('x', '*'))).toHaveLength(60)
  })

  it('may move a slot to another master', async () => {
    await using redis = await testRedis({ url: cluster.url })
    const [first, second] = cluster.masters
    if (first === undefined || second === undefined) throw new Error('no masters')
    const slotOf = (slot: string) => first.client.cluster('KEYSLOT', redis.key('x', slot))
    const [id, of] = [await second.client.cluster('MYID'), new Map<string, number>()]
    for (let index = 0; of.size < 1; index += 1) {
      const slot = await slotOf(`${index}`)
      if (slot < 5000 && (await first.client.cluster('COUNTKEYSINSLOT', slot)) === 0) of.set(`${index}`, slot)
    }
    const [[name, slot] = ['', 0]] = of
    expect(await put(redis, 'before')).toBe('OK')
    for (const { client } of cluster.masters)
      await client.call('CLUSTER', 'SETSLOT', slot, 'NODE', String(id))
    expect(await put(redis, name)).toBe('OK')
    expect(await second.client.exists(redis.key('x', name))).toBe(1)
    expect(redis.trouble).toBeUndefined()
  })

  it('that has lost a master is done without as far as it fails, and said to be in trouble', async () => {
    await using redis = await testRedis({ url: cluster.url })
    const limiter = await sharedLimiter(cluster.url)
    await using _ = limiter
    await cluster.masters[2]?.stop()
    const slots = Array.from({ length: 30 }, (_, index) => `${index}`)
    const said = untilTrouble(redis, (trouble) => trouble !== undefined)
    const outcomes = await Promise.all(slots.map((slot) => put(redis, slot)))
    expect(outcomes).toContain('without')
    await said
    // Nothing is thrown, and nobody waits for ever.
    await Promise.all(slots.map((slot) => put(redis, slot)))
    const log = redisLogs(redis).open('a', 1, () => undefined)
    for (const event of [...EVENTS, done]) log.append(event)
    expect(await all(log.readAfter())).toEqual([...LOGGED, done])
  })
})

describeRedisServers('Redis with a sentinel', () => {
  let watched: WatchedRedis
  beforeAll(async () => {
    watched = await watchedRedis()
  })
  afterAll(() => watched?.[Symbol.asyncDispose]())
  forms(() => watched.url)

  it('may make its replica the master: the daemon follows', async () => {
    await using redis = await testRedis({ url: watched.url })
    await using opened = await sharedLimiter(watched.url)
    expect(await put(redis, 'before')).toBe('OK')
    expect(await allowed(opened.limiter, 9)).toBe(5)
    await watched.failOver()
    const master = await watched.master()
    const arrived = async () =>
      (await put(redis, 'after')) === 'OK' && master.client.exists(redis.key('x', 'after'))
    await expect.poll(arrived).toBe(1)
    await expect.poll(() => allowed(opened.limiter, 9, 'boris').catch(() => 0)).toBe(5)
  })

  it('that loses its master is done without until the replica is the master', async () => {
    await using redis = await testRedis({ url: watched.url })
    const lost = await watched.master()
    const said = untilTrouble(redis, (trouble) => trouble !== undefined)
    await lost.stop()
    await said
    expect(await put(redis, 'during')).toBe('without')
    await watched.patience(500)
    await untilTrouble(redis, (trouble) => trouble === undefined)
    expect(await put(redis, 'after')).toBe('OK')
    expect(await watched.master()).not.toBe(lost)
  })
})

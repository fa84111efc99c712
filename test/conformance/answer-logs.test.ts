import { expect, it } from 'vitest'
import { memoryLogs } from '../../src/ports/answer-log.ts'
import { redisLogs } from '../../src/redis/answer-log.ts'
import { faultProxy } from '../support/fault-proxy.ts'
import { describeRedis, redisUrl, testRedis } from '../support/redis.ts'
import { all, done, EVENTS, LOGGED, logsSuite, redisLogsSuite } from './answer-logs.suite.ts'

logsSuite('answer logs in memory', async () => {
  const logs = memoryLogs()
  return { runner: logs, other: logs, [Symbol.asyncDispose]: async () => {} }
})

describeRedis('answer logs in Redis', () => {
  redisLogsSuite(redisUrl)

  it('are complete for followers when Redis is back', async () => {
    await using proxy = await faultProxy({ url: redisUrl() })
    await using redis = await testRedis({ url: proxy.url })
    await using other = await testRedis({ url: redisUrl(), keyPrefix: redis.key('', '').split(':')[0] ?? '' })
    const log = redisLogs(redis).open('a', 2, () => undefined)
    const [first, ...rest] = EVENTS
    if (first !== undefined) log.append(first)
    await expect.poll(() => other.client.xlen(other.key('log', 'a'))).toBe(1)
    proxy.down()
    for (const event of rest) log.append(event)
    await expect.poll(() => redis.trouble).toBeDefined()
    proxy.heal()
    await expect.poll(() => other.client.xlen(other.key('log', 'a'))).toBe(EVENTS.length)
    expect((await redisLogs(other).recall('a')).map(({ event }) => event)).toEqual(LOGGED)
  })

  it('cost an answer nothing when Redis is away', async () => {
    await using proxy = await faultProxy({ url: redisUrl() })
    await using redis = await testRedis({ url: proxy.url, commandTimeoutMs: 100, connectTimeoutMs: 100 })
    proxy.stall()
    const log = redisLogs(redis).open('a', 1, () => undefined)
    for (const event of [...EVENTS, done]) log.append(event)
    expect(await all(log.readAfter())).toEqual([...LOGGED, done])
  })
})

import { expect, it } from 'vitest'
import { memoryLogs } from '../../src/ports/answer-log.ts'
import { redisLogs } from '../../src/redis/answer-log.ts'
import { faultProxy } from '../support/fault-proxy.ts'
import { describeRedis, redisUrl, testRedis } from '../support/redis.ts'
import { all, done, EVENTS, logsSuite, redisLogsSuite } from './answer-logs.suite.ts'

logsSuite('answer logs in memory', async () => {
  const logs = memoryLogs()
  return { runner: logs, other: logs, [Symbol.asyncDispose]: async () => {} }
})

describeRedis('answer logs in Redis', () => {
  redisLogsSuite(redisUrl)

  it('cost an answer nothing when Redis is away', async () => {
    await using proxy = await faultProxy({ url: redisUrl() })
    await using redis = await testRedis({ url: proxy.url, commandTimeoutMs: 100, connectTimeoutMs: 100 })
    proxy.stall()
    const log = redisLogs(redis).open('a', 1)
    for (const event of [...EVENTS, done]) log.append(event)
    expect(await all(log.read())).toEqual([...EVENTS, done])
  })
})

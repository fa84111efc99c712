import { expect, it } from 'vitest'
import { bottleneckLimiter } from '../../src/limits/bottleneck.ts'
import { withFallback } from '../../src/limits/with-fallback.ts'
import { faultProxy } from '../support/fault-proxy.ts'
import { describeRedis, redisUrl, untilTrouble } from '../support/redis.ts'
import { allowed, limiterSuite, redisLimiterSuite, SLOW, sharedLimiter } from './rate-limiter.suite.ts'

limiterSuite('a limiter in memory', async () => {
  const limiter = bottleneckLimiter('test')
  return { limiter, [Symbol.asyncDispose]: () => limiter.close() }
})

describeRedis('a limiter in Redis', () => {
  redisLimiterSuite(redisUrl)

  it('that is lost leaves each daemon to count for itself, until it is back', async () => {
    await using proxy = await faultProxy({ url: redisUrl() })
    await using opened = await sharedLimiter(proxy.url)
    const { redis } = opened
    const own = bottleneckLimiter('own')
    const limiter = withFallback(opened.limiter, own, () => redis.usable)
    expect(await allowed(limiter, 9)).toBe(5)
    for (const fault of [proxy.down, proxy.stall]) {
      fault()
      expect(await allowed(limiter, 9, `anna ${fault.name}`)).toBe(5)
      await untilTrouble(redis, (trouble) => trouble !== undefined)
      expect((await limiter.take(`anna ${fault.name}`, SLOW)).allowed).toBe(false)
      proxy.heal()
      await untilTrouble(redis, (trouble) => trouble === undefined)
    }
    // What was used up before is still used up.
    await expect.poll(async () => (await limiter.take('anna', SLOW)).allowed).toBe(false)
    await own.close()
  })
})

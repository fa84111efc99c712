/** What every limiter must do, wherever it counts. */
import { describe, expect, it } from 'vitest'
import { bottleneckLimiter, sharedConnection } from '../../src/limits/bottleneck.ts'
import type { Rate, RateLimiter } from '../../src/ports/rate-limiter.ts'
import { limiterClient } from '../../src/redis/limiter-client.ts'
import { keysOf, ownPrefix, testRedis } from '../support/redis.ts'

export const SLOW: Rate = { perMinute: 1, burst: 5 }
const QUICK: Rate = { perMinute: 600, burst: 3 }

interface Opened extends AsyncDisposable {
  readonly limiter: RateLimiter
}

export const allowed = async (limiter: RateLimiter, times: number, subject = 'anna', rate = SLOW) => {
  const standings = await Promise.all(Array.from({ length: times }, () => limiter.take(subject, rate)))
  return standings.filter((standing) => standing.allowed).length
}

export function limiterSuite(name: string, open: () => Promise<Opened>): void {
  describe(name, () => {
    it('lets a burst through and no more, and says when to come again', async () => {
      await using opened = await open()
      const { limiter } = opened
      expect(await limiter.take('anna', SLOW)).toEqual({
        allowed: true,
        limit: 5,
        remaining: 4,
        retryAfterMs: 0,
      })
      expect(await allowed(limiter, 10)).toBe(4)
      const refused = await limiter.take('anna', SLOW)
      expect(refused).toMatchObject({ allowed: false, limit: 5, remaining: 0 })
      expect(refused.retryAfterMs).toBeGreaterThan(0)
      expect(refused.retryAfterMs).toBeLessThanOrEqual(60_000)
    })

    it('counts each subject for itself', async () => {
      await using opened = await open()
      const { limiter } = opened
      expect(await allowed(limiter, 9, 'anna {1}')).toBe(5)
      expect(await allowed(limiter, 9, 'anna {2}')).toBe(5)
      expect(await allowed(limiter, 9, '} b_x_settings')).toBe(5)
    })

    it('lets who kept trying in as soon as anybody', async () => {
      await using opened = await open()
      const { limiter } = opened
      expect(await allowed(limiter, 60, 'boris', QUICK)).toBeLessThan(20)
      const { retryAfterMs } = await limiter.take('boris', QUICK)
      expect(retryAfterMs).toBeLessThanOrEqual(300)
      await expect.poll(() => allowed(limiter, 1, 'boris', QUICK), { interval: 100 }).toBe(1)
    })
  })
}

export async function sharedLimiter(url: string, keyPrefix = ownPrefix()) {
  const redis = await testRedis({ keyPrefix, url, commandTimeoutMs: 500, connectTimeoutMs: 500 })
  const limiter = bottleneckLimiter(keyPrefix, sharedConnection(limiterClient(redis)))
  return {
    redis,
    limiter,
    async [Symbol.asyncDispose]() {
      await limiter.close()
      await redis.close()
    },
  }
}

/** What every limiter in Redis must do besides, whatever the form of Redis. */
export function redisLimiterSuite(url: () => string): void {
  limiterSuite('alone', () => sharedLimiter(url()))

  it('is one for several daemons, of which one may die', async () => {
    const keyPrefix = ownPrefix()
    await using one = await sharedLimiter(url(), keyPrefix)
    await using two = await sharedLimiter(url(), keyPrefix)
    const [first, second] = await Promise.all([allowed(one.limiter, 10), allowed(two.limiter, 10)])
    expect(first + second).toBe(5)
    await one.limiter.close()
    expect(await allowed(two.limiter, 3)).toBe(0)
  })

  it('that was flushed starts anew', async () => {
    await using opened = await sharedLimiter(url())
    const { limiter, redis } = opened
    expect(await allowed(limiter, 3)).toBe(3)
    const keys = await keysOf(redis, `b_${redis.key('limit', '*').split(':')[0]}*`)
    expect(keys.length).toBeGreaterThan(0)
    await redis.client.del(...keys)
    expect(await allowed(limiter, 9)).toBe(5)
  })
}

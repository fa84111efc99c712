import type { RateLimiter } from '../ports/rate-limiter.ts'

/**
 * Uses the shared limiter while it works, else a limiter per daemon: the effective limit is then multiplied by the
 * number of daemons.
 */
export function withFallback(shared: RateLimiter, own: RateLimiter, isUsable: () => boolean): RateLimiter {
  return {
    async take(subject, rate) {
      if (!isUsable()) return own.take(subject, rate)
      try {
        return await shared.take(subject, rate)
      } catch {
        return own.take(subject, rate)
      }
    },
    async close() {
      await Promise.all([shared.close(), own.close()])
    },
  }
}

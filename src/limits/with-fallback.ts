import type { RateLimiter } from '../ports/rate-limiter.ts'

/** The shared limiter while it works, else each daemon for itself: a limit is then as many times higher as there are daemons. */
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

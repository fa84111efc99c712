import type { Config } from '../src/config/schema.ts'
import { bottleneckLimiter, sharedConnection } from '../src/limits/bottleneck.ts'
import { createLimits, type Limits } from '../src/limits/limits.ts'
import { withFallback } from '../src/limits/with-fallback.ts'
import type { Store } from '../src/ports/store/store.ts'
import type { RedisConnection } from '../src/redis/connection.ts'
import { limiterClient } from '../src/redis/limiter-client.ts'

/** Counted in the shared Redis while it is available, otherwise by each daemon separately. */
export function openLimits(config: Config, store: Store, redis: RedisConnection | undefined): Limits {
  const { keyPrefix } = config.redis
  const own = bottleneckLimiter(keyPrefix)
  const limiter =
    redis === undefined
      ? own
      : withFallback(
          bottleneckLimiter(keyPrefix, sharedConnection(limiterClient(redis))),
          own,
          () => redis.usable,
        )
  return createLimits({ config: config.limits, limiter, usage: store.usage })
}

import type { RedisClient, RedisConnection } from './connection.ts'

/**
 * The client for bottleneck. Its extra subscription connection unsubscribes without awaiting when a limiter is
 * dropped; while Redis is down, that rejection would be unhandled.
 */
export function limiterClient(redis: RedisConnection): RedisClient {
  return Object.assign(redis.client, {
    duplicate: () => {
      const subscriber = redis.duplicate()
      const unsubscribe = subscriber.unsubscribe.bind(subscriber)
      return Object.assign(subscriber, {
        unsubscribe: (channel: string) => unsubscribe(channel).catch(() => undefined),
      })
    },
  })
}

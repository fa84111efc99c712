import type { RedisClient, RedisConnection } from './connection.ts'

/**
 * The client as bottleneck takes it. The further connection that it makes for its messages unsubscribes without waiting
 * when a limiter is forgotten: while Redis is away, nobody would catch that error.
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

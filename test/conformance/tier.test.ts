import { describeRedis, redisUrl } from '../support/redis.ts'
import { HOUR, memory, redisTierSuite, tierSuite } from './tier.suite.ts'

tierSuite('a tier in memory', async () => ({
  tier: (ttlMs = HOUR) => memory(ttlMs),
  [Symbol.asyncDispose]: async () => {},
}))

describeRedis('a tier in Redis', () => redisTierSuite(redisUrl))

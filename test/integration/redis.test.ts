/** What the daemon's connection to Redis does when Redis does not what it should. */
import { expect, it } from 'vitest'
import { connectRedis } from '../../src/redis/connection.ts'
import { certificateFile, faultProxy } from '../support/fault-proxy.ts'
import { describeRedis, ownPrefix, redisUrl, testRedis, untilTrouble } from '../support/redis.ts'

interface Told {
  readonly lines: string[]
  warn: (details: object, message: string) => void
  info: (details: object, message: string) => void
}

function log(): Told {
  const lines: string[] = []
  return {
    lines,
    warn: (_details, message) => lines.push(`warn: ${message}`),
    info: (_details, message) => lines.push(`info: ${message}`),
  }
}

const LOST = 'warn: Redis is unavailable: answers continue without it'
const FOUND = 'info: Redis is available'
const QUICK = { connectTimeoutMs: 300, commandTimeoutMs: 200 }

describeRedis('Redis', () => {
  it.each(['down', 'stall', 'halfOpen', 'cut'] as const)(
    'that fails (%s) is done without, told once, and used again',
    async (fault) => {
      await using proxy = await faultProxy({ url: redisUrl() })
      const told = log()
      await using redis = await testRedis({ url: proxy.url, ...QUICK }, told)
      const set = () => redis.attempt((client) => client.set(redis.key('x', 'a'), '1'), 'without')
      expect(await set()).toBe('OK')
      proxy[fault]()
      const during = await Promise.all(Array.from({ length: 50 }, set))
      if (fault !== 'cut') {
        expect(new Set(during)).toEqual(new Set(['without']))
        await untilTrouble(redis, (trouble) => trouble !== undefined)
        expect(redis.usable).toBe(false)
        expect(await set()).toBe('without')
      }
      proxy.heal()
      await untilTrouble(redis, (trouble) => trouble === undefined)
      await expect.poll(set).toBe('OK')
      // A connection that is cut is often back before anybody has asked for it.
      const expected = fault === 'cut' && told.lines.length === 1 ? [FOUND] : [FOUND, LOST, FOUND]
      expect(told.lines).toEqual(expected)
    },
  )

  it('that is absent when the daemon starts is found when it comes', async () => {
    await using proxy = await faultProxy({ url: redisUrl() })
    proxy.down()
    const told = log()
    const redis = connectRedis({ url: proxy.url, keyPrefix: ownPrefix(), ...QUICK }, told)
    try {
      await untilTrouble(redis, (trouble) => trouble !== 'still connecting')
      expect(redis.trouble).toMatch(/ECONNRESET|Connection is closed/)
      expect(await redis.attempt((client) => client.get('x'), 'without')).toBe('without')
      proxy.heal()
      await untilTrouble(redis, (trouble) => trouble === undefined)
      expect(told.lines).toEqual([LOST, FOUND])
    } finally {
      await redis.close()
    }
  })

  it('that refuses to write is still read', async () => {
    await using admin = await testRedis()
    const user = ownPrefix()
    const keyPrefix = user
    await admin.client.call('ACL', 'SETUSER', user, 'on', '>secret', '~*', '&*', '+@all')
    try {
      const url = new URL(redisUrl())
      url.username = user
      url.password = 'secret'
      const told = log()
      await using redis = await testRedis({ url: url.href, keyPrefix }, told)
      await redis.client.set(redis.key('x', 'a'), 'kept')
      await admin.client.call('ACL', 'SETUSER', user, '-@write')
      expect(await redis.attempt((client) => client.set(redis.key('x', 'b'), '1'), 'without')).toBe('without')
      expect(redis.trouble).toMatch(/NOPERM/)
      expect(await redis.attempt((client) => client.get(redis.key('x', 'a')), null)).toBe('kept')
      await admin.client.call('ACL', 'SETUSER', user, '+@all')
      await untilTrouble(redis, (trouble) => trouble === undefined)
      expect(told.lines).toEqual([FOUND, LOST, FOUND])
    } finally {
      await admin.client.call('ACL', 'DELUSER', user)
    }
  })

  it('is reached by TLS, and only with a certificate that is trusted', async () => {
    await using proxy = await faultProxy({ url: redisUrl(), tls: 'direct' })
    const url = proxy.url.replace('redis:', 'rediss:')
    await using redis = await testRedis({ url, caFile: certificateFile })
    expect(await redis.attempt((client) => client.set(redis.key('x', 'a'), '1'), null)).toBe('OK')
    const untrusting = connectRedis({ url, keyPrefix: ownPrefix(), ...QUICK }, log())
    await untilTrouble(untrusting, (trouble) => trouble?.includes('self-signed certificate') === true)
    await untrusting.close()
  })
})

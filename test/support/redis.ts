import { randomBytes } from 'node:crypto'
import { describe, it } from 'vitest'
import { connectRedis, type RedisConnection, type RedisSettings } from '../../src/redis/connection.ts'

/** Where the tests' Redis is; undefined when nobody has started one with `test/services/up`. */
const url = process.env.REDIS_URL_TEST

const MISSING = 'Redis DID NOT RUN: set REDIS_URL_TEST, for example by eval "$(test/services/up)"'

/** Tests that need a real Redis. Without one they are loudly absent, and with CI=true they fail. */
export function describeRedis(name: string, tests: () => void): void {
  if (url !== undefined) {
    describe(name, tests)
    return
  }
  it(`${name}: ${MISSING}`, (context) => {
    if (process.env.CI === 'true') throw new Error(MISSING)
    context.skip(MISSING)
  })
}

export function redisUrl(): string {
  if (url === undefined) throw new Error(MISSING)
  return url
}

/** A part of the tests' Redis that no other test uses. */
export const ownPrefix = (): string => `test-${randomBytes(6).toString('hex')}`

/** Connected and ready. */
export async function testRedis(
  settings: Partial<RedisSettings> = {},
  log: {
    warn: (details: object, message: string) => void
    info: (details: object, message: string) => void
  } = SILENT,
): Promise<RedisConnection & AsyncDisposable> {
  const redis = connectRedis(
    {
      url: redisUrl(),
      keyPrefix: ownPrefix(),
      connectTimeoutMs: 2000,
      commandTimeoutMs: 2000,
      ...settings,
    },
    log,
  )
  await untilTrouble(redis, (trouble) => trouble === undefined)
  return Object.assign(redis, { [Symbol.asyncDispose]: () => redis.close() })
}

/** On all nodes. */
export async function keysOf({ client }: RedisConnection, pattern: string): Promise<string[]> {
  const nodes = 'nodes' in client ? client.nodes('master') : [client]
  return (await Promise.all(nodes.map((node) => node.keys(pattern)))).flat()
}

/** Resolves when what the connection says of itself fits. */
export function untilTrouble(
  redis: RedisConnection,
  fits: (trouble: string | undefined) => boolean,
): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (fits(redis.trouble)) resolve()
    }
    redis.onChange(look)
    look()
  })
}

const SILENT = { warn() {}, info() {} }

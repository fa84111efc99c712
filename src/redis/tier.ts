import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { RetrievedPassages } from '../domain/answer.ts'
import { parseJsonOrUndefined } from '../domain/json.ts'
import type { Embedding } from '../ports/embedder.ts'
import type { CachedAnswer } from '../ports/store/cached-answers.ts'
import type { Tier } from '../ports/tier.ts'
import { citationSchema, passageSchema } from '../protocol/shapes.ts'
import type { RedisClient, RedisConnection } from './connection.ts'

/** The encoding of values in Redis. A value that cannot be decoded comes from another version and counts as a miss. */
export interface Codec<V> {
  encode: (value: V) => Buffer | string
  decode: (bytes: Buffer) => V | undefined
}

export interface RedisTierOptions<V> {
  readonly redis: RedisConnection
  /** Name of the tier: part of its keys. */
  readonly name: string
  readonly ttlMs: number
  readonly codec: Codec<V>
}

/** A cache shared by all daemons on one Redis; it may forget at any time. */
export function redisTier<V>({ redis, name, ttlMs, codec }: RedisTierOptions<V>): Tier<V> {
  const at = (key: string) => redis.key(name, createHash('sha256').update(key).digest('base64url'))
  return {
    async get(key) {
      const bytes = await redis.attempt((client) => client.getBuffer(at(key)), null)
      return bytes === null ? undefined : codec.decode(bytes)
    },
    async set(key, value) {
      await redis.attempt((client) => client.set(at(key), codec.encode(value), 'PX', ttlMs), null)
    },
    async delete(key) {
      await redis.attempt((client) => client.del(at(key)), 0)
    },
    async clear() {
      await redis.attempt((client) => unlinkAll(client, redis.key(name, '*')), undefined)
    },
  }
}

async function unlinkAll(client: RedisClient, pattern: string): Promise<void> {
  const nodes = 'nodes' in client ? client.nodes('master') : [client]
  for (const node of nodes) {
    let cursor = '0'
    do {
      const [next, keys] = await node.scan(cursor, 'MATCH', pattern, 'COUNT', 1000)
      await Promise.all(keys.map((key) => client.unlink(key)))
      cursor = next
    } while (cursor !== '0')
  }
}

function jsonCodec<V>(schema: z.ZodType<V>): Codec<V> {
  return {
    encode: (value) => JSON.stringify(value),
    decode: (bytes) => schema.safeParse(parseJsonOrUndefined(bytes.toString('utf8'))).data,
  }
}

export const cachedAnswerCodec = jsonCodec<CachedAnswer>(
  z.object({
    source: z.object({ principal: z.string(), answer: z.string() }),
    askedAt: z.string(),
    question: z.string(),
    text: z.string(),
    citations: z.array(citationSchema),
    warnings: z.array(z.string()),
  }),
)

export const passagesCodec = jsonCodec<RetrievedPassages>(
  z.object({ passages: z.array(passageSchema), warnings: z.array(z.string()), whole: z.boolean() }),
)

const FLOAT_BYTES = 4
const HEADER_BYTES = 12

/** Tokens, share of unknown characters and whether it was truncated; then the vector, all little-endian. */
export const embeddingCodec: Codec<Embedding> = {
  encode({ vector, tokens, unknown, truncated }) {
    const bytes = Buffer.alloc(HEADER_BYTES + vector.length * FLOAT_BYTES)
    bytes.writeUInt32LE(tokens, 0)
    bytes.writeFloatLE(unknown, 4)
    bytes.writeUInt32LE(truncated ? 1 : 0, 8)
    for (const [index, value] of vector.entries())
      bytes.writeFloatLE(value, HEADER_BYTES + index * FLOAT_BYTES)
    return bytes
  },
  decode(bytes) {
    if (bytes.length <= HEADER_BYTES || bytes.length % FLOAT_BYTES !== 0) return undefined
    const vector = Float32Array.from({ length: (bytes.length - HEADER_BYTES) / FLOAT_BYTES }, (_, index) =>
      bytes.readFloatLE(HEADER_BYTES + index * FLOAT_BYTES),
    )
    return {
      vector,
      tokens: bytes.readUInt32LE(0),
      unknown: bytes.readFloatLE(4),
      truncated: bytes.readUInt32LE(8) === 1,
    }
  },
}

/** What every tier must do, wherever it keeps its values. */
import { describe, expect, it } from 'vitest'
import { jsonBytes, memoryTier, nearAndFar } from '../../src/cache/memory.ts'
import type { CachedAnswer } from '../../src/ports/store/cached-answers.ts'
import type { Tier } from '../../src/ports/tier.ts'
import type { RedisConnection } from '../../src/redis/connection.ts'
import { cachedAnswerCodec, embeddingCodec, passagesCodec, redisTier } from '../../src/redis/tier.ts'
import { keysOf, ownPrefix, testRedis } from '../support/redis.ts'

const answer = (text: string): CachedAnswer => ({
  source: { principal: 'anna', answer: 'a1' },
  askedAt: '2026-01-01T00:00:00.000Z',
  question: 'Где?\u2028 🦊',
  text,
  citations: [
    {
      number: 1,
      document: 'd',
      uri: 'a.md',
      title: 'A',
      start: 0,
      end: 3,
      text: 'one',
      heading: 'H › I',
      line: 2,
      score: 0.5,
    },
  ],
  warnings: ['careful'],
})

interface Opened extends AsyncDisposable {
  /** Values live for this long. */
  tier: (ttlMs?: number) => Tier<CachedAnswer>
}

export function tierSuite(name: string, open: () => Promise<Opened>): void {
  describe(name, () => {
    it('gives back what was put, and nothing else', async () => {
      await using opened = await open()
      const tier = opened.tier()
      expect(await tier.get('a')).toBeUndefined()
      await tier.set('a', answer('one'))
      await tier.set('b', answer('two'))
      await tier.set('b', answer('three'))
      expect(await tier.get('a')).toEqual(answer('one'))
      expect(await tier.get('b')).toEqual(answer('three'))
      expect(await tier.get('')).toBeUndefined()
    })

    it('forgets one, and all', async () => {
      await using opened = await open()
      const tier = opened.tier()
      const keys = Array.from({ length: 50 }, (_, index) => `key {${index}} *?[`)
      await Promise.all(keys.map((key) => tier.set(key, answer(key))))
      await tier.delete('key {0} *?[')
      await tier.delete('never there')
      expect(await tier.get('key {0} *?[')).toBeUndefined()
      expect(await tier.get('key {1} *?[')).toEqual(answer('key {1} *?['))
      await tier.clear()
      expect(await Promise.all(keys.map((key) => tier.get(key)))).toEqual(keys.map(() => undefined))
    })

    it('forgets what is too old', async () => {
      await using opened = await open()
      const tier = opened.tier(20)
      await tier.set('a', answer('one'))
      await expect.poll(() => tier.get('a')).toBeUndefined()
    })
  })
}

export const HOUR = 3_600_000
export const memory = (ttlMs: number) =>
  memoryTier<CachedAnswer>({ ttlMs, maxBytes: 1_000_000, sizeOf: jsonBytes })
const inRedis = (redis: RedisConnection, ttlMs: number) =>
  redisTier({ redis, name: 'answer', ttlMs, codec: cachedAnswerCodec })

/** What every tier in Redis must do besides, whatever the form of Redis. */
export function redisTierSuite(url: () => string): void {
  tierSuite('alone', async () => {
    const redis = await testRedis({ url: url() })
    return {
      tier: (ttlMs = HOUR) => inRedis(redis, ttlMs),
      [Symbol.asyncDispose]: () => redis.close(),
    }
  })

  tierSuite('behind one in memory', async () => {
    const redis = await testRedis({ url: url() })
    return {
      tier: (ttlMs = HOUR) => nearAndFar(memory(ttlMs), inRedis(redis, ttlMs)),
      [Symbol.asyncDispose]: () => redis.close(),
    }
  })

  it('is shared by the daemons of one installation, and by them alone', async () => {
    const keyPrefix = ownPrefix()
    await using one = await testRedis({ url: url(), keyPrefix })
    await using two = await testRedis({ url: url(), keyPrefix })
    await using other = await testRedis({ url: url() })
    await inRedis(one, HOUR).set('a', answer('one'))
    expect(await inRedis(two, HOUR).get('a')).toEqual(answer('one'))
    expect(await inRedis(other, HOUR).get('a')).toBeUndefined()
    await inRedis(other, HOUR).clear()
    expect(await inRedis(one, HOUR).get('a')).toEqual(answer('one'))
    await inRedis(one, HOUR).clear()
  })

  it('takes what another version wrote as forgotten', async () => {
    await using redis = await testRedis({ url: url() })
    const tier = inRedis(redis, HOUR)
    await tier.set('a', answer('one'))
    const [key] = await keysOf(redis, redis.key('answer', '*'))
    await redis.client.set(key ?? '', '{"text": 1}')
    expect(await tier.get('a')).toBeUndefined()
    await redis.client.set(key ?? '', 'no JSON')
    expect(await tier.get('a')).toBeUndefined()
  })

  it('keeps vectors and passages as they are', async () => {
    await using redis = await testRedis({ url: url() })
    const embeddings = redisTier({ redis, name: 'question', ttlMs: HOUR, codec: embeddingCodec })
    const embedding = {
      vector: Float32Array.from([0.25, -1, 3.4e-38, 0]),
      tokens: 7,
      unknown: 0.5,
      truncated: true,
    }
    await embeddings.set('q', embedding)
    expect(await embeddings.get('q')).toEqual(embedding)
    const passages = redisTier({ redis, name: 'passages', ttlMs: HOUR, codec: passagesCodec })
    const found = { passages: [], warnings: ['nothing'], whole: true }
    await passages.set('q', found)
    expect(await passages.get('q')).toEqual(found)
  })
}

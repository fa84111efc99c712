/** The daemon's caches and where they are: in its memory, or in a shared Redis. */
import { jsonBytes, memoryTier, nearAndFar } from '../src/cache/memory.ts'
import type { Config } from '../src/config/schema.ts'
import type { RetrievedPassages } from '../src/domain/answer.ts'
import type { Embedding } from '../src/ports/embedder.ts'
import type { CachedAnswer } from '../src/ports/store/cached-answers.ts'
import type { Tier } from '../src/ports/tier.ts'
import type { RedisConnection } from '../src/redis/connection.ts'
import { cachedAnswerCodec, embeddingCodec, passagesCodec, redisTier } from '../src/redis/tier.ts'

const QUESTIONS_BYTES = 4 * 1_048_576
/** A search is repeated soon, page by page or by another asker, or never. */
const PASSAGES_MS = 10 * 60_000

interface Tiers {
  readonly answers: Tier<CachedAnswer>
  readonly questions: Tier<Embedding>
  readonly passages: Tier<RetrievedPassages>
}

export function cacheTiers({ cache }: Config, redis: RedisConnection | undefined): Tiers {
  const ttlMs = cache.ttlMinutes * 60_000
  const passagesMs = Math.min(ttlMs, PASSAGES_MS)
  const maxBytes = cache.maxMegabytes * 1_048_576
  const questions = memoryTier<Embedding>({
    ttlMs,
    maxBytes: QUESTIONS_BYTES,
    sizeOf: ({ vector }) => vector.byteLength + 256,
  })
  if (redis === undefined) {
    return {
      answers: memoryTier<CachedAnswer>({ ttlMs, maxBytes, sizeOf: jsonBytes }),
      questions,
      passages: memoryTier<RetrievedPassages>({
        ttlMs: passagesMs,
        maxBytes: maxBytes / 4,
        sizeOf: jsonBytes,
      }),
    }
  }
  return {
    answers: redisTier({ redis, name: 'answer', ttlMs, codec: cachedAnswerCodec }),
    questions: nearAndFar(questions, redisTier({ redis, name: 'question', ttlMs, codec: embeddingCodec })),
    passages: redisTier({ redis, name: 'passages', ttlMs: passagesMs, codec: passagesCodec }),
  }
}

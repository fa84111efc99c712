import { LRUCache } from 'lru-cache'
import type { AnswerCache, CachedAnswer } from '../pipeline/ports.ts'

export interface MemoryCacheOptions {
  readonly ttlMs: number
  readonly maxBytes: number
}

export interface CacheStats {
  readonly entries: number
  readonly hits: number
  readonly misses: number
}

/** The exact tier in memory: least recently used answers leave first, old ones by their age. */
export function memoryCache({ ttlMs, maxBytes }: MemoryCacheOptions): AnswerCache & { stats(): CacheStats } {
  const entries = new LRUCache<string, CachedAnswer>({
    ttl: ttlMs,
    maxSize: maxBytes,
    sizeCalculation: (answer) => 2 * JSON.stringify(answer).length,
  })
  let hits = 0
  let misses = 0
  return {
    async get(key) {
      const found = entries.get(key)
      if (found === undefined) misses += 1
      else hits += 1
      return found
    },
    async set(key, answer) {
      entries.set(key, answer)
    },
    stats: () => ({ entries: entries.size, hits, misses }),
  }
}

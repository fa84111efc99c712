import { LRUCache } from 'lru-cache'
import type { ExactTier } from '../pipeline/ports.ts'
import type { CachedAnswer } from '../store/store.ts'

export interface MemoryCacheOptions {
  readonly ttlMs: number
  readonly maxBytes: number
}

/** The exact tier in memory: least recently used answers leave first, old ones by their age. */
export function memoryTier({ ttlMs, maxBytes }: MemoryCacheOptions): ExactTier {
  const entries = new LRUCache<string, CachedAnswer>({
    ttl: ttlMs,
    maxSize: maxBytes,
    sizeCalculation: (answer) => 2 * JSON.stringify(answer).length,
  })
  return {
    get: async (key) => entries.get(key),
    set: async (key, answer) => {
      entries.set(key, answer)
    },
    delete: async (key) => {
      entries.delete(key)
    },
    clear: async () => entries.clear(),
  }
}

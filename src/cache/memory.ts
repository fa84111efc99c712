import { LRUCache } from 'lru-cache'
import type { Tier } from '../ports/tier.ts'

export interface MemoryTierOptions<V> {
  readonly ttlMs: number
  readonly maxBytes: number
  sizeOf: (value: V) => number
}

/** An in-memory cache: evicts the least recently used values, and expires old ones. */
export function memoryTier<V extends object>({ ttlMs, maxBytes, sizeOf }: MemoryTierOptions<V>): Tier<V> {
  const entries = new LRUCache<string, V>({ ttl: ttlMs, maxSize: maxBytes, sizeCalculation: sizeOf })
  return {
    get: async (key) => entries.get(key),
    set: async (key, value) => {
      entries.set(key, value)
    },
    delete: async (key) => {
      entries.delete(key)
    },
    clear: async () => entries.clear(),
  }
}

/** Approximate memory of values that consist mostly of strings. */
export const jsonBytes = (value: object): number => 2 * JSON.stringify(value).length

/** Layers a near tier over a far one: hits in the far tier are copied to the near one. */
export function nearAndFar<V extends object>(near: Tier<V>, far: Tier<V>): Tier<V> {
  return {
    async get(key) {
      const found = await near.get(key)
      if (found !== undefined) return found
      const fetched = await far.get(key)
      if (fetched !== undefined) await near.set(key, fetched)
      return fetched
    },
    async set(key, value) {
      await Promise.all([near.set(key, value), far.set(key, value)])
    },
    async delete(key) {
      await Promise.all([near.delete(key), far.delete(key)])
    },
    async clear() {
      await Promise.all([near.clear(), far.clear()])
    },
  }
}

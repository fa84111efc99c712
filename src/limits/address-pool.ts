import { networkOf } from './addresses.ts'

export interface AddressPool<T> {
  /** Evicts another item if the pool is full. Without an address the item counts only towards the total. */
  add: (item: T, address: string | undefined) => void
  remove: (item: T) => void
}

export interface AddressPoolOptions<T> {
  readonly most: number
  readonly mostOfAddress: number
  /** Called with each item that was evicted. */
  evict: (item: T) => void
}

/**
 * Bounds what anonymous clients hold open, in total and per address. A new item always gets in, in place of the
 * oldest from the address with the most: a flood evicts its own items, and honest clients soon authenticate and
 * leave the pool.
 */
export function addressPool<T>({ most, mostOfAddress, evict }: AddressPoolOptions<T>): AddressPool<T> {
  const keyOf = new Map<T, string | undefined>()
  const byKey = new Map<string | undefined, Set<T>>()

  function remove(item: T): boolean {
    const key = keyOf.get(item)
    if (!keyOf.delete(item)) return false
    const own = byKey.get(key)
    own?.delete(item)
    if (own?.size === 0) byKey.delete(key)
    return true
  }

  function largest(): Iterable<T> {
    let found = new Set<T>()
    for (const own of byKey.values()) if (own.size > found.size) found = own
    return found
  }

  function evictOldest(items: Iterable<T>): void {
    for (const item of items) {
      remove(item)
      evict(item)
      return
    }
  }

  return {
    add(item, address) {
      const key = address === undefined ? undefined : networkOf(address)
      const before = byKey.get(key)
      if (key !== undefined && before !== undefined && before.size >= mostOfAddress) evictOldest(before)
      else if (keyOf.size >= most) evictOldest(largest())
      keyOf.set(item, key)
      const own = byKey.get(key) ?? new Set()
      own.add(item)
      byKey.set(key, own)
    },
    remove,
  }
}

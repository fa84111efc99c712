import { networkOf } from './addresses.ts'

export interface AddressPool<T> {
  /** Makes room for it where there is none. Without an address it counts only towards all. */
  add: (item: T, address: string | undefined) => void
  remove: (item: T) => void
}

export interface AddressPoolOptions<T> {
  readonly most: number
  readonly mostOfAddress: number
  /** Called with what is in the pool no more. */
  evict: (item: T) => void
}

/**
 * What unknown people hold open, all together and by address. One more always gets in, for the oldest of the address that
 * has the most: who floods puts out their own, and who is honest is soon known and gone from here.
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

/** A cache in memory or in Redis. It may forget at any time, and never throws. */
export interface Tier<V> {
  get: (key: string) => Promise<V | undefined>
  set: (key: string, value: V) => Promise<void>
  delete: (key: string) => Promise<void>
  clear: () => Promise<void>
}

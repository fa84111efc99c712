export interface Shared<T> {
  get: () => Promise<T>
  /** Drops the remembered result. */
  forget: () => void
}

/** Concurrent callers, and callers within `forMs`, share the result of one call. */
export function shared<T>(forMs: number, work: () => Promise<T>): Shared<T> {
  let last: Promise<T> | undefined
  let until = 0
  return {
    get() {
      if (last !== undefined && performance.now() < until) return last
      const begun = work()
      last = begun
      until = Number.POSITIVE_INFINITY
      const keep = () => {
        if (last === begun) until = performance.now() + forMs
      }
      begun.then(keep, keep)
      return begun
    },
    forget() {
      last = undefined
    },
  }
}

export interface Shared<T> {
  get: () => Promise<T>
  /** What is known now does not hold any more. */
  forget: () => void
}

/** Whoever asks at once, or shortly after, gets what one call has given: what many ask for costs as much as for one. */
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

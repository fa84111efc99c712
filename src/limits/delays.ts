/** Waits that grow with every failure and are forgiven gradually: never a lock that an attacker can keep up. */
import { LRUCache } from 'lru-cache'
import { doubledMs } from '../domain/backoff.ts'

export interface Delays {
  /** Milliseconds until the key may try again; 0: now. */
  left: (key: string) => number
  /** Failures beyond the free ones; 0: none. */
  beyond: (key: string) => number
  /** Adds failures. */
  add: (key: string, failures?: number) => void
  /** Starts the wait of the last failure now that its check has ended. */
  begin: (key: string) => void
  /** Removes the last failure: it was none. */
  takeBack: (key: string) => void
  forget: (key: string) => void
}

export interface DelayOptions {
  /** Failures without a wait. */
  readonly free: number
  readonly forgivenPerMinute: number
  readonly now: () => number
}

/** Doubles with every further failure. */
const DELAYS = { firstMs: 1000, longestMs: 60_000 }
/** Remembered failures beyond the free ones: more would only take longer to forgive. */
const MAX_DOUBLINGS = 7
/** Remembered keys; the least recently used are evicted, which only benefits their own holders. */
const MAX_KEYS = 20_000

interface Failures {
  readonly count: number
  readonly at: number
  readonly until: number
}

export function delays({ free, forgivenPerMinute, now }: DelayOptions): Delays {
  const failures = new LRUCache<string, Failures>({ max: MAX_KEYS })
  const countOf = (key: string) => {
    const { count, at } = failures.get(key) ?? { count: 0, at: 0 }
    return Math.max(0, count - ((now() - at) * forgivenPerMinute) / 60_000)
  }
  const beyond = (key: string) => Math.max(0, Math.ceil(countOf(key) - free))
  function set(key: string, count: number): void {
    const over = Math.ceil(count - free)
    const delay = over <= 0 ? 0 : doubledMs(over, DELAYS)
    failures.set(key, { count, at: now(), until: now() + delay })
  }

  return {
    left: (key) => Math.max(0, (failures.get(key)?.until ?? 0) - now()),
    beyond,
    add(key, more = 1) {
      set(key, Math.min(countOf(key) + more, free + MAX_DOUBLINGS))
    },
    begin: (key) => set(key, countOf(key)),
    takeBack(key) {
      const count = countOf(key) - 1
      if (count <= 0) failures.delete(key)
      else failures.set(key, { count, at: now(), until: 0 })
    },
    forget: (key) => void failures.delete(key),
  }
}

/** Waits that grow with every failure, and are forgiven bit by bit: never a lock that others can hold up for ever. */
import { LRUCache } from 'lru-cache'
import { doubledMs } from '../domain/backoff.ts'

export interface Delays {
  /** Milliseconds until the key may try again; 0: now. */
  left: (key: string) => number
  /** Failures beyond those that cost nothing; 0: none. */
  beyond: (key: string) => number
  /** So many more. */
  add: (key: string, failures?: number) => void
  /** The wait of the last one begins now, when its check has ended. */
  begin: (key: string) => void
  /** The last one was none. */
  takeBack: (key: string) => void
  forget: (key: string) => void
}

export interface DelayOptions {
  /** Failures that cost nothing. */
  readonly free: number
  readonly forgivenPerMinute: number
  readonly now: () => number
}

/** Doubled by every further failure. */
const DELAYS = { firstMs: 1000, longestMs: 60_000 }
/** Failures beyond the free ones that are remembered: more would only take longer to be forgiven. */
const MOST_BEYOND = 7
/** Keys that are remembered; the longest unused go first, and with them what only their own holder has to fear. */
const MOST_KEYS = 20_000

interface Failures {
  readonly count: number
  readonly at: number
  readonly until: number
}

export function delays({ free, forgivenPerMinute, now }: DelayOptions): Delays {
  const failures = new LRUCache<string, Failures>({ max: MOST_KEYS })
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
      set(key, Math.min(countOf(key) + more, free + MOST_BEYOND))
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

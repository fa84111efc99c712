import type { ChatbotError } from './errors.ts'

export interface TakeOptions {
  /** Aborts the wait; `take` then rejects with its reason. */
  readonly signal?: AbortSignal | undefined
  /** Priority over waiters without it. */
  readonly first?: boolean
}

export interface Semaphore {
  /** Resolves with a function that releases the place; further calls of it do nothing. */
  readonly take: (options?: TakeOptions) => Promise<() => void>
  /** Runs the work while it holds a place. */
  readonly run: <T>(work: () => Promise<T>, options?: TakeOptions) => Promise<T>
  /** Whether no place is taken. */
  readonly isIdle: () => boolean
}

/** Limits the waiters; those with `first` have a separate limit of the same size. */
export interface WaitBound {
  readonly maxWaiting: number
  readonly refusal: () => ChatbotError
}

/** At most `places` are held at once; further takers wait in order. */
export function semaphore(places: number, bound?: WaitBound): Semaphore {
  let free = places
  const first = new Set<() => void>()
  const others = new Set<() => void>()

  function wait(line: Set<() => void>, signal: AbortSignal | undefined): Promise<void> {
    if (bound !== undefined && line.size >= bound.maxWaiting) throw bound.refusal()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const abort = () => {
      line.delete(resolve)
      // No effect if the place was already handed over.
      reject(signal?.reason)
    }
    line.add(resolve)
    signal?.addEventListener('abort', abort, { once: true })
    return promise.finally(() => signal?.removeEventListener('abort', abort))
  }

  function release(): void {
    const line = first.size > 0 ? first : others
    const [next] = line
    if (next === undefined) {
      free += 1
      return
    }
    line.delete(next)
    next()
  }

  async function take(options: TakeOptions = {}): Promise<() => void> {
    options.signal?.throwIfAborted()
    if (free > 0) free -= 1
    else await wait(options.first === true ? first : others, options.signal)
    let isHeld = true
    return () => {
      if (isHeld) release()
      isHeld = false
    }
  }

  return {
    take,
    async run(work, options) {
      const leave = await take(options)
      try {
        return await work()
      } finally {
        leave()
      }
    },
    isIdle: () => free === places,
  }
}

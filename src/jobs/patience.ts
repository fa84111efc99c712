/** Waiting out what passes by itself: a busy or failing embedding endpoint, a database that is gone for a while. */
import { type BackoffBounds, backoffMs } from '../domain/backoff.ts'
import { ChatbotError } from '../domain/errors.ts'

export interface Patience extends BackoffBounds {
  /** The error stands rather than that all pauses are longer than this. */
  readonly enoughMs: number
  /** Resolves after so many milliseconds or on abort. */
  wait: (ms: number, signal: AbortSignal) => Promise<void>
}

/** `onWait` hears of every pause. Throws the last error, also when it does not pass or the signal aborts. */
export async function patiently<T>(
  work: () => Promise<T>,
  { enoughMs, wait, ...bounds }: Patience,
  signal: AbortSignal,
  onWait: (error: ChatbotError, ms: number) => Promise<void>,
): Promise<T> {
  let waited = 0
  for (let failures = 1; ; failures += 1) {
    try {
      return await work()
    } catch (thrown) {
      const error = ChatbotError.wrap(thrown)
      if (error.transient === undefined || signal.aborted) throw thrown
      const ms = Math.max(error.retryAfterMs ?? 0, backoffMs(failures, bounds))
      if (waited + ms > enoughMs) throw thrown
      await onWait(error, ms)
      await wait(ms, signal)
      waited += ms
    }
  }
}

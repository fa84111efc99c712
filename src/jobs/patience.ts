/** Retries after transient failures: a busy or failing embedding endpoint, an unavailable database. */
import { type BackoffBounds, backoffMs } from '../domain/backoff.ts'
import { ChatbotError } from '../domain/errors.ts'

export interface Patience extends BackoffBounds {
  /** Total of all pauses after which the error is thrown. */
  readonly enoughMs: number
  /** Resolves after this time or on abort. */
  wait: (ms: number, signal: AbortSignal) => Promise<void>
}

/** Calls `onWait` for every pause. Throws the last error, also if it is not transient or the signal aborts. */
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

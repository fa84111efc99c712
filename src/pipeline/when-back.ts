import { setTimeout as sleep } from 'node:timers/promises'
import { doubledMs } from '../domain/backoff.ts'
import { ChatbotError } from '../domain/errors.ts'

/** How long anybody waits for a database that is away. */
export const MAX_AWAY_MS = 5 * 60_000
const PAUSES = { firstMs: 100, longestMs: 1000 }

/** The work may succeed when the database is back. */
export const isAway = (error: unknown): boolean =>
  error instanceof ChatbotError && (error.code === 'database_unreachable' || error.code === 'timeout')

/**
 * Work on the database that waits for it while it is away. `isRepeated`: an earlier attempt has failed, perhaps only in
 * its reply. Throws the last failure after `MAX_AWAY_MS`, and the signal's reason.
 */
export async function whenBack<T>(
  work: (isRepeated: boolean) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const deadline = performance.now() + MAX_AWAY_MS
  for (let failures = 0; ; failures += 1) {
    if (failures > 0) await sleep(doubledMs(failures, PAUSES), undefined, { signal }).catch(() => undefined)
    signal?.throwIfAborted()
    try {
      return await work(failures > 0)
    } catch (error) {
      if (!isAway(error) || performance.now() >= deadline) throw error
    }
  }
}

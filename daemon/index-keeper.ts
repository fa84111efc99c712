import type { Store } from '../src/ports/store/store.ts'
import type { Logger } from './log.ts'

/** Maximum lag of the word statistics behind the documents, unless counting takes long. */
const EVERY_MS = 30_000
/** Maximum share of time for counting. */
const MAX_COUNTING_SHARE = 1 / 20

export interface IndexKeeperOptions {
  readonly store: Pick<Store, 'index'>
  /** Whether background work would delay nobody; always true on PostgreSQL. */
  quiet: () => boolean
  readonly log: Logger
}

/**
 * Drops old generations after rebuilds, completes the lexical index of older databases, recounts frequent words after
 * changes, and builds approximate indexes once they pay off. Returns a function that stops it: a running batch is
 * awaited, an index build is cancelled.
 */
export function keepIndexes({ store, quiet, log }: IndexKeeperOptions): () => Promise<void> {
  const stopping = new AbortController()
  const stopped = () => stopping.signal.aborted
  let timer: NodeJS.Timeout | undefined
  const work = async () => {
    if (!quiet()) return
    await store.index.dropRetired()
    while (!stopped() && quiet() && (await store.index.completeTerms())) {
      // Each batch is a separate transaction, to let questions in between.
    }
    if (!stopped() && quiet()) await store.index.countTerms()
    if (!stopped()) await store.index.buildApproximateIndexes(stopping.signal)
  }
  const pass = async (): Promise<void> => {
    const started = performance.now()
    await work().catch((error: unknown) => {
      if (!stopped()) log.warn({ err: error }, 'could not update the indexes')
    })
    if (stopped()) return
    timer = setTimeout(next, Math.max(EVERY_MS, (performance.now() - started) / MAX_COUNTING_SHARE))
    timer.unref()
  }
  const next = () => {
    running = pass()
  }
  let running = pass()
  return async () => {
    stopping.abort()
    clearTimeout(timer)
    await running
  }
}

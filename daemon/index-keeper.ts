import type { Store } from '../src/ports/store/store.ts'
import type { Logger } from './log.ts'

/** How far the statistics of words may lag behind the documents, unless counting them takes long. */
const EVERY_MS = 30_000
/** Counting takes at most this share of the time. */
const MAX_COUNTING_SHARE = 1 / 20

export interface IndexKeeperOptions {
  readonly store: Pick<Store, 'index'>
  /** Whether work in the background would keep nobody waiting; always true on PostgreSQL. */
  quiet: () => boolean
  readonly log: Logger
}

/**
 * Drops generations that a rebuild has left, completes the index of words of databases from before there was one, counts frequent words anew after changes, and
 * builds approximate indexes once they pay. Returns how to stop it: a batch that runs is awaited, a build is cancelled.
 */
export function keepIndexes({ store, quiet, log }: IndexKeeperOptions): () => Promise<void> {
  const stopping = new AbortController()
  const stopped = () => stopping.signal.aborted
  let timer: NodeJS.Timeout | undefined
  const work = async () => {
    if (!quiet()) return
    await store.index.dropRetired()
    while (!stopped() && quiet() && (await store.index.completeTerms())) {
      // Batch after batch: each is a transaction of its own, so that questions come in between.
    }
    if (!stopped() && quiet()) await store.index.countTerms()
    if (!stopped()) await store.index.buildApproximateIndexes(stopping.signal)
  }
  const pass = async (): Promise<void> => {
    const started = performance.now()
    await work().catch((error: unknown) => {
      if (!stopped()) log.warn({ err: error }, 'the indexes were not brought up to date')
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

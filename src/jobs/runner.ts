/** Runs slices of jobs in this daemon. */
import { setTimeout as sleep } from 'node:timers/promises'
import { ChatbotError } from '../domain/errors.ts'
import type { JobKind } from '../domain/job.ts'
import type { IndexSpecs } from '../ingest/split/index-spec.ts'
import type { Claim } from '../ports/store/jobs.ts'
import type { Store } from '../ports/store/store.ts'
import { atLeast } from '../text/amounts.ts'
import { ClaimLost, type JobSlice, type Recut } from './kind.ts'
import { JOB_SLICES } from './kinds.ts'
import { type Patience, patiently } from './patience.ts'

export interface RunnerOptions {
  readonly store: Store
  readonly specs: IndexSpecs
  readonly recut: Recut
  /** No other daemon works on this database. */
  readonly alone: boolean
  onError: (error: unknown, job: string | undefined) => void
  /** For tests. */
  readonly patience?: Patience
  readonly slices?: Record<JobKind, JobSlice>
}

export interface JobRunner {
  /** Number of running slices. */
  busy: () => number
  /** Looks for work now instead of at the next poll. */
  wake: () => void
  /**
   * Works on a shard that the caller has claimed until nothing is left, immediately and regardless of `SHARDS_AT_ONCE`.
   * Does not retry: throws the error that fails the job. Also resolves if the claim is lost.
   */
  workNow: (claim: Claim) => Promise<void>
  /** Takes no more slices and ends the running ones at once; their progress is kept, and another daemon continues. */
  stop: () => Promise<void>
}

/** Concurrent shards, not counting single uploads: two, so that a small ingest does not wait for a large one. */
const SHARDS_AT_ONCE = 2
const SLICE_MS = 10_000
/** How long other daemons leave a shard to one that has stopped renewing its lease. */
export const LEASE_MS = 20_000
/** How often a daemon looks for work left by others; its own work wakes it. */
const POLL_MS = 1000
const POLL_ALONE_MS = 10_000
const TIDY_MS = 60_000

const PATIENCE: Patience = {
  firstMs: 1000,
  longestMs: 60_000,
  enoughMs: 15 * 60_000,
  wait: pause,
}
const IMPATIENCE: Patience = { ...PATIENCE, enoughMs: 0 }

export async function startJobRunner(options: RunnerOptions): Promise<JobRunner> {
  const { store, alone, onError } = options
  const stopping = new AbortController()
  const running = new Set<Promise<void>>()
  const beside = new Set<Promise<void>>()
  let woken = Promise.withResolvers<void>()
  const wake = () => woken.resolve()

  async function next(): Promise<Claim | undefined> {
    if (running.size >= SHARDS_AT_ONCE) return undefined
    try {
      return await store.jobs.take(LEASE_MS)
    } catch (error) {
      onError(error, undefined)
      return undefined
    }
  }

  async function work(): Promise<void> {
    while (!stopping.signal.aborted) {
      woken = Promise.withResolvers()
      const claim = await next()
      if (claim === undefined) {
        await Promise.race([woken.promise, pause(alone ? POLL_ALONE_MS : POLL_MS, stopping.signal)])
        continue
      }
      const until = performance.now() + SLICE_MS
      const over = () => performance.now() > until
      // The error has been reported and recorded in the job.
      const slice = runSlice(claim, stopping.signal, over, options).catch(() => undefined)
      running.add(slice)
      void slice.finally(() => {
        running.delete(slice)
        wake()
      })
    }
    await Promise.all(running)
    await Promise.allSettled(beside)
  }

  async function workNow(claim: Claim): Promise<void> {
    const slice = runSlice(claim, stopping.signal, () => false, { ...options, patience: IMPATIENCE })
    beside.add(slice)
    await slice.finally(() => {
      beside.delete(slice)
      wake()
    })
  }

  if (alone) await store.jobs.recover()
  const tidying = setInterval(() => {
    store.jobs.tidy().catch((error: unknown) => onError(error, undefined))
  }, TIDY_MS)
  tidying.unref()
  const working = work()
  return {
    busy: () => running.size + beside.size,
    wake,
    workNow,
    stop: async () => {
      clearInterval(tidying)
      stopping.abort()
      await working
    },
  }
}

/** Throws the error that failed the job. */
async function runSlice(
  claim: Claim,
  stopping: AbortSignal,
  over: () => boolean,
  { store, specs, recut, onError, patience = PATIENCE, slices = JOB_SLICES }: RunnerOptions,
): Promise<void> {
  const lost = new AbortController()
  const signal = AbortSignal.any([stopping, lost.signal])
  const renewing = setInterval(() => {
    const renewed = store.jobs.renew(claim, LEASE_MS)
    renewed.then(
      (held) => held || lost.abort(),
      (error: unknown) => onError(error, claim.job),
    )
  }, LEASE_MS / 4)
  try {
    const more = await slices[claim.kind]({
      store,
      specs,
      recut,
      claim,
      signal,
      over,
      patiently: (work) =>
        patiently(work, patience, signal, async (error, ms) => {
          onError(error, claim.job)
          const reason = `${error.message} Retrying in ${atLeast(ms)}.`
          await store.jobs.waiting(claim, reason).catch(() => undefined)
        }),
    })
    await store.jobs.release(claim, more)
  } catch (thrown) {
    if (thrown instanceof ClaimLost) return
    onError(thrown, claim.job)
    // If the database is unavailable, the lease lapses, and the work continues later.
    await store.jobs.fail(claim, ChatbotError.wrap(thrown)).catch(() => undefined)
    throw thrown
  } finally {
    clearInterval(renewing)
  }
}

/** Resolves after this time or on abort; does not keep the process alive. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined)
}

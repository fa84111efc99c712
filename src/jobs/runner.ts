/** Works on jobs in slices, in this daemon, for as long as it lives. */
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
  /** Slices that run now. */
  busy: () => number
  /** There may be something to do: look now, not at the next poll. */
  wake: () => void
  /**
   * Works on a shard that the caller has claimed until nothing is left, at once and beyond `SHARDS_AT_ONCE`. Retries
   * nothing: throws the error that fails the job. Also resolves if the claim is lost.
   */
  workNow: (claim: Claim) => Promise<void>
  /** Begins no more slices; those that run end at once, what they have kept stays, and another daemon goes on. */
  stop: () => Promise<void>
}

/** Shards worked on at once, beside single uploads: a small ingest does not wait for a large one. */
const SHARDS_AT_ONCE = 2
const SLICE_MS = 10_000
/** How long another daemon leaves a shard to one that gives no sign of life. */
export const LEASE_MS = 20_000
/** How often a daemon looks for what others have left to do; what it receives itself wakes it. */
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
      // The error is already reported, and recorded in the job.
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
          const reason = `${error.message} Tried again in ${atLeast(ms)}.`
          await store.jobs.waiting(claim, reason).catch(() => undefined)
        }),
    })
    await store.jobs.release(claim, more)
  } catch (thrown) {
    if (thrown instanceof ClaimLost) return
    onError(thrown, claim.job)
    // Where the database is gone the lease lapses, and the work goes on when it is back.
    await store.jobs.fail(claim, ChatbotError.wrap(thrown)).catch(() => undefined)
    throw thrown
  } finally {
    clearInterval(renewing)
  }
}

/** Resolves after so many milliseconds or on abort; does not keep the process. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined)
}

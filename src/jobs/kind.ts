/** The parts of a job kind: one file per kind, listed in kinds.ts. */
import type { Chunk } from '../domain/document.ts'
import type { IndexSpecs } from '../ingest/split/index-spec.ts'
import type { StoredDocument } from '../ports/parser.ts'
import type { Claim } from '../ports/store/jobs.ts'
import type { Store } from '../ports/store/store.ts'

/** Splits a stored document again, with the tokenizer of this model. */
export type Recut = (
  document: StoredDocument,
  reference: string,
  signal: AbortSignal,
) => Promise<readonly Chunk[]>

export interface SliceContext {
  readonly store: Store
  readonly specs: IndexSpecs
  readonly claim: Claim
  readonly recut: Recut
  /** Aborts when the claim is lost or the daemon stops: end the slice; what is written is kept. */
  readonly signal: AbortSignal
  /** The slice has used up its time; other shards and other daemons are waiting. */
  over: () => boolean
  /** Retries the work with growing pauses while it fails for a transient reason. */
  patiently: <T>(work: () => Promise<T>) => Promise<T>
}

/**
 * One slice at a shard of a job. It continues where the last slice ended, on any daemon, writes under its claim, and
 * returns whether there is more to do. An error fails the job.
 */
export type JobSlice = (context: SliceContext) => Promise<boolean>

/** Another daemon has the task, or the job was cancelled: this slice's remaining work is discarded. */
export class ClaimLost extends Error {}

/** The result of a method that takes a claim; throws `ClaimLost` if the claim was lost. */
export function held<T>(result: T | undefined | false): T {
  if (result === undefined || result === false) throw new ClaimLost()
  return result
}

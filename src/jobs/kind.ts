/** What a kind of job is made of: one file a kind, listed in kinds.ts. */
import type { Chunk } from '../domain/document.ts'
import type { IndexSpecs } from '../ingest/split/index-spec.ts'
import type { StoredDocument } from '../ports/parser.ts'
import type { Claim } from '../ports/store/jobs.ts'
import type { Store } from '../ports/store/store.ts'

/** Cuts a stored document anew, as the tokenizer of the model with this reference counts. */
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
  /** Aborts when the claim was lost or the daemon stops: end the slice, what is written is kept. */
  readonly signal: AbortSignal
  /** The slice has lasted long enough; other shards, and other daemons, want theirs. */
  over: () => boolean
  /** Runs the work again, with growing pauses, while it fails for a reason that passes. */
  patiently: <T>(work: () => Promise<T>) => Promise<T>
}

/**
 * One slice of work at a shard of a job. It begins where the last one ended, whoever did that, writes under its claim, and
 * says whether there is more to do. What it throws ends the job as failed.
 */
export type JobSlice = (context: SliceContext) => Promise<boolean>

/** Another daemon has the task, or the job was cancelled: nothing that this slice does counts any more. */
export class ClaimLost extends Error {}

/** What a method that takes a claim gave, if the claim still holds; throws `ClaimLost`. */
export function held<T>(result: T | undefined | false): T {
  if (result === undefined || result === false) throw new ClaimLost()
  return result
}

import type { ErrorCode } from './errors.ts'

/** Each has its file in src/jobs. */
export const JOB_KINDS = ['ingest', 'rebuild'] as const
export type JobKind = (typeof JOB_KINDS)[number]

export const JOB_STATES = ['running', 'done', 'failed', 'cancelled'] as const
export type JobState = (typeof JOB_STATES)[number]

/**
 * `receiving`: not all of it is in the database yet. `replaced`: a later upload of the same document took its place
 * before it was indexed.
 */
export const STAGED_STATES = ['receiving', 'staged', 'indexed', 'failed', 'replaced', 'cancelled'] as const
export type StagedState = (typeof STAGED_STATES)[number]

/** Long work in the background, and how far it is. */
export interface Job {
  readonly id: string
  readonly kind: JobKind
  /** Name of the collection. */
  readonly collection: string
  readonly state: JobState
  /** Nothing will be added any more: it is done when nothing is left. */
  readonly sealed: boolean
  readonly documents: number
  readonly indexed: number
  readonly failed: number
  readonly replaced: number
  readonly chunks: number
  /** Chunks that were given a new vector. */
  readonly embedded: number
  /** Chunks whose vector was there already. */
  readonly reused: number
  /** Uri of the document in work. */
  readonly current: string | null
  /** What it waits for, when something outside fails. */
  readonly waiting: string | null
  readonly errorCode: ErrorCode | null
  readonly errorMessage: string | null
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly finishedAt: Date | null
}

/** What became of one document of an ingest. */
export interface JobDocument {
  /** Rises in the order in which documents are received. */
  readonly id: number
  readonly uri: string
  readonly state: StagedState
  readonly chunks: number
  readonly warnings: readonly string[]
  /** Id of the indexed document. */
  readonly document: string | null
  readonly errorCode: ErrorCode | null
  readonly errorMessage: string | null
}

import type { ErrorCode } from './errors.ts'

/** Each kind has a file in src/jobs. */
export const JOB_KINDS = ['ingest', 'rebuild'] as const
export type JobKind = (typeof JOB_KINDS)[number]

export const JOB_STATES = ['running', 'done', 'failed', 'cancelled'] as const
export type JobState = (typeof JOB_STATES)[number]

/**
 * `receiving`: the upload is not complete yet. `replaced`: a later upload of the same document arrived before this
 * one was indexed.
 */
export const STAGED_STATES = ['receiving', 'staged', 'indexed', 'failed', 'replaced', 'cancelled'] as const
export type StagedState = (typeof STAGED_STATES)[number]

/** A background job and its progress. */
export interface Job {
  readonly id: string
  readonly kind: JobKind
  /** Name of the collection. */
  readonly collection: string
  readonly state: JobState
  /** Closed for uploads: it is done when nothing is left. */
  readonly sealed: boolean
  readonly documents: number
  readonly indexed: number
  readonly failed: number
  readonly replaced: number
  readonly chunks: number
  /** Chunks with a new vector. */
  readonly embedded: number
  /** Chunks whose vector was reused. */
  readonly reused: number
  /** Uri of the document in progress. */
  readonly current: string | null
  /** What it waits for while something outside fails. */
  readonly waiting: string | null
  readonly errorCode: ErrorCode | null
  readonly errorMessage: string | null
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly finishedAt: Date | null
}

/** The outcome of one document of an ingest. */
export interface JobDocument {
  /** Increases in the order in which documents are received. */
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

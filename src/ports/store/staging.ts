import type { Chunk, IndexSpec } from '../../domain/document.ts'
import type { ChatbotError, ErrorCode } from '../../domain/errors.ts'
import type { Principal } from '../../domain/principal.ts'
import type { NewDocument } from './documents.ts'
import type { Claim } from './jobs.ts'

export interface StageTarget {
  /** Its name. */
  readonly collection: string
  readonly spec: IndexSpec
}

/** Id of the live document with the same content. */
export interface Unchanged {
  readonly status: 'unchanged'
  readonly document: string
}

export type Staged = { readonly status: 'staged'; readonly job: string; readonly id: number } | Unchanged

export type StagedAlone =
  | { readonly status: 'claimed'; readonly claim: Claim; readonly id: number }
  | Unchanged

/** The outcome of a run with a single document. */
export type StagedOutcome =
  /** The document, or a later upload that replaced it, is not indexed yet. */
  | { readonly state: 'waiting' }
  /** Id of the live document. */
  | { readonly state: 'indexed'; readonly document: string }
  | { readonly state: 'failed'; readonly code: ErrorCode; readonly message: string }
  /** The run was cancelled, or the document or its collection was deleted. */
  | { readonly state: 'cancelled' }

/** A chunk's position in the order of staged documents. */
export interface ChunkPosition {
  readonly document: number
  readonly ordinal: number
}

export interface StagedChunk extends ChunkPosition {
  readonly hash: string
  readonly embedText: string
  readonly uri: string
}

export interface StagedVector extends ChunkPosition {
  readonly embedding: Float32Array
  /** Share of the text that the model does not know. */
  readonly unknown: number
}

export interface StagingRepository {
  /**
   * Accepts a document: from here on it ends either indexed or with a reason. Throws `unknown_collection`,
   * `index_mismatch` if the collection uses another splitter, `unknown_job`, `job_ended`, and `overloaded` if too
   * much of the run is waiting.
   */
  stage: (
    principal: Principal,
    /** `job`: the document's run. */
    target: StageTarget & { readonly job: string },
    document: NewDocument,
    chunks: readonly Chunk[],
  ) => Promise<Staged>
  /** Like `stage`, but in a run of its own, claimed by the caller. */
  stageAlone: (
    principal: Principal,
    target: StageTarget,
    document: NewDocument,
    chunks: readonly Chunk[],
    leaseMs: number,
  ) => Promise<StagedAlone>
  outcome: (principal: Principal, job: string) => Promise<StagedOutcome>
  /** Records in a run that a file was not accepted. */
  refuse: (principal: Principal, job: string, uri: string, error: ChatbotError) => Promise<void>
  /** Documents of the principal's runs that are staged but not indexed yet. */
  pending: (principal: Principal) => Promise<{ readonly collection: string; readonly documents: number }[]>
  /** The next chunks of the shard that need a vector, and the documents that are complete once these have theirs. */
  next: (
    claim: Claim,
    spec: IndexSpec,
    after: ChunkPosition,
    limit: number,
  ) => Promise<
    | {
        readonly chunks: readonly StagedChunk[]
        readonly ends: readonly number[]
        readonly last: ChunkPosition | undefined
      }
    | undefined
  >
  /** Stores vectors: the checkpoint. Throws `index_mismatch` if the collection's index has another spec by now. */
  save: (
    claim: Claim,
    spec: IndexSpec,
    vectors: readonly StagedVector[],
    current: string | null,
  ) => Promise<boolean>
  /** Documents of the shard that are still staged. */
  left: (claim: Claim, limit: number) => Promise<number[]>
  /**
   * Publishes those documents that have all their vectors: each replaces its earlier version and keeps its id; the
   * collection's revision rises once. `warn` may add a warning based on the share of unknown text. Returns their
   * number; throws `index_mismatch` and `unknown_collection`.
   */
  publish: (
    claim: Claim,
    spec: IndexSpec,
    documents: readonly number[],
    warn: (unknown: number) => string | undefined,
  ) => Promise<number | undefined>
}

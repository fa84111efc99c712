import type { Chunk, EmbeddedChunk, IndexSpec } from '../../domain/document.ts'
import type { Job } from '../../domain/job.ts'
import type { Principal } from '../../domain/principal.ts'
import type { StoredDocument } from '../parser.ts'
import type { Claim } from './jobs.ts'

/** A stored document that is not complete in the new generation. */
export interface RebuildDocument {
  readonly id: string
  readonly uri: string
  readonly title: string
  /** Changes when its content is replaced. */
  readonly version: string
  /** Its chunks must be split again from its text. */
  readonly recut: boolean
  /** The new generation has its chunks from this ordinal on; null if it has none. */
  readonly below: number | null
}

export interface RebuiltChunk extends EmbeddedChunk {
  /** The vector was reused. */
  readonly reused: boolean
}

/** Methods that take a claim belong to a `rebuild` job: see Claim. */
export interface RebuildRepository {
  /**
   * Creates a generation with this spec beside the active one, and the job that fills it; returns the running one
   * if it is the same. Undefined if there is nothing to do, unless it should be built `again`; good vectors are
   * reused. Throws `unknown_collection`, `rebuild_running`.
   */
  begin: (
    principal: Principal,
    collection: string,
    spec: IndexSpec,
    options?: { readonly again: boolean },
  ) => Promise<Job | undefined>
  target: (claim: Claim) => Promise<
    | {
        readonly generation: number
        readonly spec: IndexSpec
        /** It is already active. */
        readonly swapped: boolean
      }
    | undefined
  >
  /** By uri, after `after`. */
  next: (claim: Claim, after: string | undefined, limit: number) => Promise<RebuildDocument[] | undefined>
  /** Chunks of the active generation before an ordinal, last first. */
  chunks: (claim: Claim, document: RebuildDocument, below: number | null, limit: number) => Promise<Chunk[]>
  stored: (claim: Claim, document: RebuildDocument) => Promise<StoredDocument>
  /** Vectors of the new generation's model that the collection already has, by hash. */
  known: (claim: Claim, hashes: readonly string[]) => Promise<Map<string, Float32Array>>
  /** The checkpoint: stores chunks of documents that were not replaced meanwhile. An empty list: it has no chunks. */
  write: (
    claim: Claim,
    parts: readonly { readonly document: RebuildDocument; readonly chunks: readonly RebuiltChunk[] }[],
    current: string | null,
  ) => Promise<boolean>
  /**
   * Makes the new generation the active one, in one transaction; false if documents are missing in it. Undefined
   * if the claim is lost.
   */
  swap: (claim: Claim) => Promise<boolean | undefined>
}

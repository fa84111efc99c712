import type { Chunk, EmbeddedChunk, IndexSpec } from '../../domain/document.ts'
import type { Job } from '../../domain/job.ts'
import type { Principal } from '../../domain/principal.ts'
import type { StoredDocument } from '../parser.ts'
import type { Claim } from './jobs.ts'

/** A stored document that the new generation does not have whole. */
export interface RebuildDocument {
  readonly id: string
  readonly uri: string
  readonly title: string
  /** Another one when its content was replaced. */
  readonly version: string
  /** Its chunks are to be made anew from its text. */
  readonly recut: boolean
  /** The new generation has its chunks from this ordinal on; null when it has none. */
  readonly below: number | null
}

export interface RebuiltChunk extends EmbeddedChunk {
  /** The vector was there already. */
  readonly reused: boolean
}

/** Methods that take a claim are of a `rebuild` job: see Claim. */
export interface RebuildRepository {
  /**
   * Makes a generation of this spec beside the live one, and the job that fills it; gives the one that is under way for
   * the same. Undefined when there is nothing to do, unless it is to be made `again`; vectors that are good are kept.
   * Throws `unknown_collection`, `rebuild_running`.
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
        /** It is live already. */
        readonly swapped: boolean
      }
    | undefined
  >
  /** By uri, behind `after`. */
  next: (claim: Claim, after: string | undefined, limit: number) => Promise<RebuildDocument[] | undefined>
  /** Chunks of the live generation before an ordinal, last first. */
  chunks: (claim: Claim, document: RebuildDocument, below: number | null, limit: number) => Promise<Chunk[]>
  stored: (claim: Claim, document: RebuildDocument) => Promise<StoredDocument>
  /** Vectors that the collection has of the new generation's model, by hash. */
  known: (claim: Claim, hashes: readonly string[]) => Promise<Map<string, Float32Array>>
  /** Keeps chunks of documents that were not replaced meanwhile: the checkpoint. One without chunks has none at all. */
  write: (
    claim: Claim,
    parts: readonly { readonly document: RebuildDocument; readonly chunks: readonly RebuiltChunk[] }[],
    current: string | null,
  ) => Promise<boolean>
  /**
   * Makes the new generation the live one, in one transaction; false when documents are missing in it. Undefined when
   * the claim is lost.
   */
  swap: (claim: Claim) => Promise<boolean | undefined>
}

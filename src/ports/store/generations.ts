import type { SearchFilter } from '../../domain/answer.ts'
import type { Collection, IndexSpec } from '../../domain/document.ts'
import type { Principal } from '../../domain/principal.ts'
import type { ChunkCandidate, LexicalQuery, TermSample } from './search.ts'
import type { Verification } from './verify.ts'

/** What is searched, and with which model's vectors. */
interface SearchedIndexes {
  readonly collections: readonly Collection[]
  readonly model: string
  readonly dimensions: number
}

interface Generation {
  readonly id: number
  readonly collection: string
  readonly spec: IndexSpec
  readonly state: 'building' | 'active' | 'retired'
  readonly documents: number
  readonly chunks: number
  /** Documents that an earlier version of the program stored: their blocks are not known. */
  readonly withoutBlocks: number
  /** How vectors are searched: `exact` or the name of the approximate index. */
  readonly access: string
  /** Size on disk of the vectors and their indexes. */
  readonly bytes: number
  readonly createdAt: Date
}

export type ApproximateIndex = 'present' | 'built' | 'not worthwhile'

export interface IndexRepository {
  /**
   * The chunks of the active generations of these collections that are nearest to the vector, and the best by
   * words, at most `limit` of each, all with both scores, ordered by similarity. Throws `index_mismatch` if a
   * generation has another model; collections without a generation have no chunks yet.
   */
  nearest: (
    principal: Principal,
    query: {
      readonly collections: readonly Collection[]
      readonly model: string
      readonly vector: Float32Array
      /** Called at once; runs in parallel with the vector search, which needs no words. Undefined if there are none. */
      readonly words?: () => Promise<LexicalQuery | undefined>
      /** Whether words alone select the candidates. */
      readonly alone?: boolean
      readonly limit: number
      readonly filter?: SearchFilter
    },
  ) => Promise<ChunkCandidate[]>
  /**
   * How many of how many chunks contain these terms. Not `complete`: some chunks are missing in the word index, so
   * a search by words would miss them.
   */
  frequencies: (
    principal: Principal,
    query: SearchedIndexes & { readonly terms: readonly number[] },
  ) => Promise<{
    readonly complete: boolean
    readonly chunks: number
    readonly found: ReadonlyMap<number, number>
  }>
  /** Those of the terms that chunks contain. Of thousands, most may be in none. */
  samples: (
    principal: Principal,
    query: SearchedIndexes & { readonly terms: readonly number[] },
  ) => Promise<TermSample[]>
  /** Fills in a batch of missing rows of the word index; false if none are missing. */
  completeTerms: () => Promise<boolean>
  /** Updates the counts of frequent terms for indexes that have changed. */
  countTerms: () => Promise<void>
  /** On PostgreSQL, builds missing approximate indexes that pay off, one daemon at a time, until aborted. */
  buildApproximateIndexes: (signal: AbortSignal) => Promise<void>
  /**
   * On PostgreSQL, builds the approximate index of a generation that has at least this many vectors; default: as
   * many as make it pay off.
   */
  ensureApproximateIndex: (
    generation: number,
    options?: { readonly worthwhile?: number; readonly signal?: AbortSignal },
  ) => Promise<ApproximateIndex>
  /**
   * Verifies the active index of a collection against its stored documents. With `fix`, recomputes terms, drops
   * orphans and a bad approximate index, and removes all chunks of documents with damaged ones: `rebuild.begin`
   * with `again` recreates them from the stored text. Throws `unknown_collection`.
   */
  verify: (principal: Principal, collection: string, fix: boolean) => Promise<Verification>
  /**
   * Drops an inactive generation and cancels the rebuild that is building it; returns the collection's name.
   * Throws `not_found`, and `bad_request` for the active one.
   */
  drop: (principal: Principal, generation: number) => Promise<string>
  /** Drops generations that a rebuild has replaced or abandoned. */
  dropRetired: () => Promise<void>
  /** The index specs of these collections, by name, if they have one. */
  live: (names: readonly string[]) => Promise<ReadonlyMap<string, IndexSpec>>
  list: (principal: Principal) => Promise<Generation[]>
}

import type { SearchFilter } from '../../domain/answer.ts'
import type { Collection, IndexSpec } from '../../domain/document.ts'
import type { Principal } from '../../domain/principal.ts'
import type { ChunkCandidate, LexicalQuery } from './search.ts'
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
  /** How vectors are searched: `exact` or the name of the approximate index. */
  readonly access: string
  /** Bytes on disk of the vectors and their indexes. */
  readonly bytes: number
  readonly createdAt: Date
}

export type ApproximateIndex = 'present' | 'built' | 'not worthwhile'

export interface IndexRepository {
  /**
   * The chunks of the active generations of these collections that are nearest to the vector, and those that are
   * best by the words, at most `limit` of each, all with both scores; by similarity. Collections whose generation
   * has another model are an `index_mismatch`; those without one have no chunks yet.
   */
  nearest: (
    principal: Principal,
    query: {
      readonly collections: readonly Collection[]
      readonly model: string
      readonly vector: Float32Array
      /** Called at once and awaited while the vectors are searched, which needs no words; undefined without any. */
      readonly words?: () => Promise<LexicalQuery | undefined>
      /** Whether candidates are named by their words alone. */
      readonly alone?: boolean
      readonly limit: number
      readonly filter?: SearchFilter
    },
  ) => Promise<ChunkCandidate[]>
  /**
   * In how many of how many chunks these terms are. Not `complete`: the words of some chunks are not indexed yet,
   * so that a search by words would miss them.
   */
  frequencies: (
    principal: Principal,
    query: SearchedIndexes & { readonly terms: readonly number[] },
  ) => Promise<{
    readonly complete: boolean
    readonly chunks: number
    readonly found: ReadonlyMap<number, number>
  }>
  /** Makes a batch of missing rows of the index of words; false when none are missing. */
  completeTerms: () => Promise<boolean>
  /** Counts the frequent terms of the indexes that have changed since they were counted. */
  countTerms: () => Promise<void>
  /** On PostgreSQL, builds the approximate indexes that pay and are missing, one daemon at a time; an abort ends it. */
  buildApproximateIndexes: (signal: AbortSignal) => Promise<void>
  /** On PostgreSQL, builds the approximate index of a generation with this many vectors, or as many as make it pay. */
  ensureApproximateIndex: (
    generation: number,
    options?: { readonly worthwhile?: number; readonly signal?: AbortSignal },
  ) => Promise<ApproximateIndex>
  /**
   * Compares the live index of a collection with its stored documents. With `fix` terms are made anew, orphans and a bad
   * approximate index are dropped, and so are all chunks of a document that has damaged ones: `rebuild.begin` with
   * `again` makes them from the stored text. Throws `unknown_collection`.
   */
  verify: (principal: Principal, collection: string, fix: boolean) => Promise<Verification>
  /**
   * Drops a generation that is not searched, and gives up the rebuild that makes it; gives the collection's name.
   * Throws `not_found`, and `bad_request` for the live one.
   */
  drop: (principal: Principal, generation: number) => Promise<string>
  /** Drops generations that a rebuild has replaced or left behind. */
  dropRetired: () => Promise<void>
  /** How these collections are indexed that are at all, by name. */
  live: (names: readonly string[]) => Promise<ReadonlyMap<string, IndexSpec>>
  list: (principal: Principal) => Promise<Generation[]>
}

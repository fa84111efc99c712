import type { Collection, CollectionSummary, SearchedCollection } from '../../domain/document.ts'
import type { Principal, Role } from '../../domain/principal.ts'

export interface CollectionSettings {
  readonly cache?: boolean | undefined
  /** Null: the configured one. */
  readonly engine?: string | null | undefined
}

export interface CollectionRepository {
  /** Throws `collection_exists`, `invalid_collection_name` or `forbidden`. */
  create: (principal: Principal, name: string) => Promise<Collection>
  /** The collection with that name for an editor, created if necessary; throws `forbidden`. */
  ensure: (principal: Principal, name: string) => Promise<Collection>
  list: (principal: Principal) => Promise<CollectionSummary[]>
  /** Changes the given settings; throws `unknown_collection`. */
  configure: (principal: Principal, name: string, settings: CollectionSettings) => Promise<Collection>
  /** The named collections, or all that the principal can read; throws `unknown_collection`. */
  readable: (principal: Principal, names?: readonly string[]) => Promise<SearchedCollection[]>
  /** Throws `forbidden` without this role on it, and `unknown_collection` if it cannot be read. */
  require: (principal: Principal, name: string, role: Role) => Promise<void>
  /** Also deletes its documents, chunks and vectors; throws `unknown_collection`. */
  remove: (principal: Principal, name: string) => Promise<void>
}

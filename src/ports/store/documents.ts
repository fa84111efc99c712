import type { DocumentSummary, IndexSpec, Metadata } from '../../domain/document.ts'
import type { Language } from '../../domain/language.ts'
import type { Principal } from '../../domain/principal.ts'

export interface NewDocument {
  readonly uri: string
  readonly title: string
  readonly mediaType: string
  readonly language: Language
  readonly bytes: number
  readonly hash: string
  readonly text: string
  readonly warnings: readonly string[]
  readonly metadata: Metadata
  readonly modifiedAt: Date | null
  /** Of the same collection, else it is left out. A document that has a source keeps it. */
  readonly source: string | null
}

export interface PlaceInDocument {
  /** Where the chunk begins. */
  readonly start: number
  readonly heading?: string
  readonly page?: number
  /** Of `start`. */
  readonly line?: number
}

export interface DocumentQuery {
  readonly collection?: string
  /** A page of all collections is longer where its last uri is in several: a uri is never split over pages. */
  readonly limit: number
  /** The last uri of the page before. */
  readonly after?: string
}

export interface DocumentRepository {
  /**
   * Of these files, the uris whose content the active index of `collection` does not hold under this spec, and no
   * running job has staged; `changed` are those of them that it knows with other content. Throws `unknown_collection`.
   */
  missing: (
    principal: Principal,
    collection: string,
    spec: IndexSpec,
    files: readonly { uri: string; hash: string }[],
  ) => Promise<{ needed: string[]; changed: string[]; staged: { uri: string; job: string }[] }>
  list: (principal: Principal, query: DocumentQuery) => Promise<DocumentSummary[]>
  /** By id, unique id prefix (≥ 4 characters) or uri; throws `unknown_document` or `ambiguous_document`. */
  get: (principal: Principal, reference: string) => Promise<DocumentSummary>
  /** The stored text of a document found as `get` finds it. */
  text: (principal: Principal, reference: string) => Promise<{ document: DocumentSummary; text: string }>
  /** The last chunk of a document that begins at this offset or before it, as the place of what stands there. */
  placeAt: (principal: Principal, document: string, offset: number) => Promise<PlaceInDocument | undefined>
  remove: (principal: Principal, reference: string) => Promise<DocumentSummary>
}

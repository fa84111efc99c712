/** What there is to know of the documents themselves: which there are, and which hold certain words. */
import type { SearchFilter } from '../../domain/answer.ts'
import type { Chunk, Collection, DocumentSummary } from '../../domain/document.ts'
import type { Principal } from '../../domain/principal.ts'

/** Every answer is about these documents alone, as far as the principal can read them. */
export interface CatalogueScope {
  readonly collections: readonly Pick<Collection, 'id'>[]
  readonly filter?: SearchFilter | undefined
}

/** The documents of one collection; at least one. */
export interface DocumentCount {
  /** Its name. */
  readonly collection: string
  readonly documents: number
  readonly chunks: number
  /** What the uris of its documents begin with, up to a folder's end. */
  readonly root: string
  /** Whether its word index is complete, so that what is found by words is all there is. */
  readonly isComplete: boolean
}

/** The documents of a folder right under the root of their collection, with those in folders of it. */
export interface DocumentFolder {
  readonly collection: string
  /** Its name; empty for documents that stand beside the folders. */
  readonly folder: string
  readonly documents: number
  /** Some of their titles, by uri. */
  readonly titles: readonly string[]
}

export type CataloguedDocument = Pick<
  DocumentSummary,
  'id' | 'collection' | 'uri' | 'title' | 'mediaType' | 'length' | 'chunks' | 'metadata' | 'modifiedAt'
>

/** A chunk of the active index, with the document that it is of. */
export interface CatalogueChunk
  extends Pick<Chunk, 'ordinal' | 'start' | 'end' | 'text' | 'heading' | 'page' | 'line' | 'blocks'> {
  readonly document: CataloguedDocument
}

export interface ChunkQuery {
  /** Only of this document, by id. */
  readonly document?: string | undefined
  /** Only chunks that have all these terms in their text, headings, title or file name. */
  readonly terms?: readonly number[] | undefined
  /** Only chunks whose text has this in any case, ё read as е. */
  readonly holding?: string | undefined
  /** The last one of the previous page. */
  readonly after?: CatalogueChunk | undefined
  readonly limit: number
}

export interface CatalogueRepository {
  /** By collection. */
  counts: (principal: Principal, scope: CatalogueScope) => Promise<DocumentCount[]>
  /** The largest first; `counts` as just read. */
  folders: (
    principal: Principal,
    scope: CatalogueScope,
    counts: readonly DocumentCount[],
    limit: number,
  ) => Promise<DocumentFolder[]>
  /** Documents that have any of the terms in their name or at their beginning; those with most of them first. */
  named: (
    principal: Principal,
    scope: CatalogueScope,
    terms: readonly number[],
    limit: number,
  ) => Promise<CataloguedDocument[]>
  /** Documents that say something of themselves, such as their author; `from` and `before` bound their dates. */
  described: (
    principal: Principal,
    scope: CatalogueScope,
    query: { readonly from?: Date; readonly before?: Date; readonly limit: number },
  ) => Promise<CataloguedDocument[]>
  /** In the order of documents (by uri) and of their texts. */
  chunks: (principal: Principal, scope: CatalogueScope, query: ChunkQuery) => Promise<CatalogueChunk[]>
}

import type { Chunk, DocumentSummary, IndexSpec, Span } from '../../domain/document.ts'
import type { Principal } from '../../domain/principal.ts'
import type { ParsedDocument } from '../parser.ts'

export interface NewDocument
  extends Omit<ParsedDocument, 'chunks' | 'linesMatchFile' | 'modifiedAt'>,
    Pick<DocumentSummary, 'uri' | 'bytes' | 'hash' | 'modifiedAt'> {
  /** A source of the same collection, otherwise ignored. A document that has a source keeps it. */
  readonly source: string | null
}

export interface PlaceInDocument {
  /** Start of the chunk. */
  readonly start: number
  readonly heading?: string
  readonly page?: number
  /** Line of `start`. */
  readonly line?: number
}

export interface DocumentRange extends Span {
  /** Its id. */
  readonly document: string
}

/** A chunk of the active index, with its blocks. */
export interface ReadChunk
  extends Pick<Chunk, 'ordinal' | 'text' | 'heading' | 'page' | 'blocks'>,
    DocumentRange {
  /** Changes when the document is replaced. */
  readonly version: string
}

/** What a document says of itself. */
export interface DocumentHead extends Pick<DocumentSummary, 'metadata'> {
  /** Its id. */
  readonly document: string
  /** How its text begins, to MAX_OPENING_CHARACTERS. */
  readonly opening: string
}

export interface DocumentQuery {
  readonly collection?: string
  /** A page over all collections can be longer if its last uri is in several: a uri is never split across pages. */
  readonly limit: number
  /** The last uri of the previous page. */
  readonly after?: string
}

/** Of `chunksAt`. */
export const MAX_READ_CHUNKS = 200

export interface DocumentRepository {
  /**
   * Uris of these files whose content is not in the active index of `collection` under this spec, or is there without
   * blocks, nor staged by a running job; `changed` are those that are indexed. Throws `unknown_collection`.
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
  /** The stored text of a document, found as in `get`. */
  text: (principal: Principal, reference: string) => Promise<{ document: DocumentSummary; text: string }>
  /** The last chunk of a document that starts at or before this offset: the location of the text there. */
  placeAt: (principal: Principal, document: string, offset: number) => Promise<PlaceInDocument | undefined>
  /** The chunks of the active index that overlap these ranges, in the order of each document; at most MAX_READ_CHUNKS. */
  chunksAt: (principal: Principal, ranges: readonly DocumentRange[]) => Promise<ReadChunk[]>
  /** Of the documents with these ids, those that are in the active index. */
  heads: (principal: Principal, documents: readonly string[]) => Promise<DocumentHead[]>
  remove: (principal: Principal, reference: string) => Promise<DocumentSummary>
}

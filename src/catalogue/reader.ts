/** What the answers about documents are made from: the documents that an ask may search. */
import type { Citation, QuotedSpan } from '../domain/answer.ts'
import type { Span } from '../domain/document.ts'
import type { Principal } from '../domain/principal.ts'
import type {
  CatalogueChunk,
  CatalogueRepository,
  CatalogueScope,
  ChunkQuery,
  DocumentCount,
} from '../ports/store/catalogue.ts'
import type { Store } from '../ports/store/store.ts'

export interface CatalogueReader {
  readonly store: Pick<Store, 'catalogue' | 'documents'>
  readonly principal: Principal
  readonly scope: CatalogueScope
  /** Of the scope. */
  readonly counts: readonly DocumentCount[]
  /** Documents that are accepted but not searchable yet. */
  readonly indexing: number
  /** Of the document that the turn before cites, if it cites one alone. */
  readonly lastCited: string | undefined
}

export async function openReader(
  store: CatalogueReader['store'],
  principal: Principal,
  scope: CatalogueScope,
  rest: Pick<CatalogueReader, 'indexing' | 'lastCited'>,
): Promise<CatalogueReader> {
  return { store, principal, scope, counts: await store.catalogue.counts(principal, scope), ...rest }
}

export const total = ({ counts }: CatalogueReader): number =>
  counts.reduce((sum, { documents }) => sum + documents, 0)

/** Chunks of one page; between pages others have their turn. */
const PAGE_CHUNKS = 400

/** All chunks that fit the query, a page at a time, until `limit` of them have been read. */
export async function* chunksOf(
  { store, principal, scope }: CatalogueReader,
  query: Omit<ChunkQuery, 'after' | 'limit'>,
  limit: number,
): AsyncGenerator<CatalogueChunk> {
  let after: CatalogueChunk | undefined
  for (let read = 0; read < limit; ) {
    const wanted = Math.min(PAGE_CHUNKS, limit - read)
    const page: Awaited<ReturnType<CatalogueRepository['chunks']>> = await store.catalogue.chunks(
      principal,
      scope,
      { ...query, after, limit: wanted },
    )
    yield* page
    if (page.length < wanted) return
    read += page.length
    after = page.at(-1)
  }
}

export async function readChunks(...query: Parameters<typeof chunksOf>): Promise<CatalogueChunk[]> {
  const chunks: CatalogueChunk[] = []
  for await (const chunk of chunksOf(...query)) chunks.push(chunk)
  return chunks
}

/** A document's uri without what all of its collection begin with. */
export function pathOf(
  { counts }: CatalogueReader,
  { uri, collection }: Pick<CatalogueChunk['document'], 'uri' | 'collection'>,
): string {
  const root = counts.find((count) => count.collection === collection)?.root ?? ''
  const path = uri.startsWith(root) ? uri.slice(root.length) : uri
  return counts.length > 1 ? `${collection}: ${path}` : path
}

/** A part of a chunk that an answer quotes. */
export interface Quotation {
  readonly chunk: CatalogueChunk
  /** In the document's text. */
  readonly span: Span
  readonly text: string
  /** Where what was looked for stands, in the document's text; its beginning unless told. */
  readonly at?: number | undefined
  /** More that is quoted with it. */
  readonly spans?: readonly QuotedSpan[] | undefined
}

export const quotationOf = (chunk: CatalogueChunk, { start, end }: Span): Quotation => ({
  chunk,
  span: { start: chunk.start + start, end: chunk.start + end },
  text: chunk.text.slice(start, end),
})

export function citationOf(number: number, { chunk, span, text, spans }: Quotation): Citation {
  const { document, heading, page, line } = chunk
  const before = chunk.text.slice(0, Math.max(0, span.start - chunk.start))
  return {
    number,
    document: document.id,
    uri: document.uri,
    title: document.title,
    ...span,
    text,
    spans,
    heading: heading === '' ? undefined : heading,
    page,
    line: line === undefined ? undefined : line + before.split('\n').length - 1,
    score: 1,
  }
}

import { and, asc, desc, eq, gt, inArray, lt, lte, or, sql } from 'drizzle-orm'
import {
  chunks,
  collections,
  documentParts,
  documents,
  generations,
  vectors,
} from '../../../drizzle/schema.ts'
import { MAX_OPENING_CHARACTERS } from '../../domain/block.ts'
import type { DocumentSummary, EmbeddedChunk, IndexSpec } from '../../domain/document.ts'
import { ChatbotError } from '../../domain/errors.ts'
import type { Principal } from '../../domain/principal.ts'
import { type DocumentQuery, type DocumentRepository, MAX_READ_CHUNKS } from '../../ports/store/documents.ts'
import { packedBlocksSchema } from '../../ports/store/packed-blocks.ts'
import type { WeightedTerm } from '../../text/bm25.ts'
import { may } from '../accounts/rights.ts'
import { batches } from '../database/batches.ts'
import type { Database, Queries } from '../database/database.ts'
import { insertTerms } from '../search/chunk-terms.ts'
import { findCollection, lockCollection, raiseRevision } from './collections.ts'
import { findDocument, SUMMARY } from './document-references.ts'
import { hasBlocks } from './live-chunks.ts'
import { replaceStaged, stagedAmong } from './staging.ts'
import { splitText } from './text-parts.ts'

export function documentRepository(database: Database): DocumentRepository {
  return {
    missing: (principal, collection, spec, files) =>
      database.run(async (queries) => {
        const owner = await findCollection(queries, principal, collection)
        const generation = await generationOf(queries, owner.id, spec)
        const known = new Map<string, string | undefined>()
        for (const batch of batches(files)) {
          const rows = await queries
            .select({ uri: documents.uri, hash: documents.hash, current: hasBlocks(generation?.id) })
            .from(documents)
            .where(
              and(
                eq(documents.collection, owner.id),
                inArray(
                  documents.uri,
                  batch.map((file) => file.uri),
                ),
              ),
            )
          for (const { uri, hash, current } of rows) known.set(uri, current ? hash : undefined)
        }
        const other = files.filter((file) => generation === undefined || known.get(file.uri) !== file.hash)
        const staged = await stagedAmong(queries, owner.id, other)
        const waiting = new Set(staged.map(({ uri }) => uri))
        const needed = other.map(({ uri }) => uri).filter((uri) => !waiting.has(uri))
        return { needed, changed: needed.filter((uri) => known.has(uri)), staged }
      }),

    list: (principal, query) =>
      database.run(async (queries) => {
        const collection =
          query.collection === undefined
            ? undefined
            : await findCollection(queries, principal, query.collection)
        return listDocuments(queries, principal, collection?.id, query)
      }),

    get: (principal, reference) => database.run((queries) => findDocument(queries, principal, reference)),

    text: (principal, reference) =>
      database.run(async (queries) => {
        const { id } = await findDocument(queries, principal, reference)
        // A single statement, so that text and summary match even if the document is replaced meanwhile.
        const rows = await queries
          .select({ document: SUMMARY, text: documentParts.text })
          .from(documents)
          .innerJoin(collections, eq(collections.id, documents.collection))
          .innerJoin(documentParts, eq(documentParts.document, documents.id))
          .where(and(eq(documents.id, id), may(principal, 'reader')))
          .orderBy(asc(documentParts.part))
        const [first] = rows
        if (first === undefined) {
          throw new ChatbotError('unknown_document', `The document "${reference}" was just deleted.`)
        }
        return { document: first.document, text: rows.map((row) => row.text).join('') }
      }),

    placeAt: (principal, document, offset) =>
      database.run(async (queries) => {
        const [row] = await queries
          .select({ start: chunks.start, heading: chunks.heading, page: chunks.page, line: chunks.line })
          .from(chunks)
          .innerJoin(collections, eq(collections.activeGeneration, chunks.generation))
          .where(and(eq(chunks.document, document), lte(chunks.start, offset), may(principal, 'reader')))
          .orderBy(desc(chunks.start))
          .limit(1)
        return (
          row && {
            start: row.start,
            heading: row.heading,
            page: row.page ?? undefined,
            line: row.line ?? undefined,
          }
        )
      }),

    chunksAt: (principal, ranges) =>
      database.run(async (queries) => {
        if (ranges.length === 0) return []
        const { document, ordinal, start, end, text, heading, page, blocks } = chunks
        const wanted = [...Map.groupBy(ranges, (range) => range.document)].map(([id, own]) =>
          and(eq(document, id), or(...own.map((range) => and(lt(start, range.end), gt(end, range.start))))),
        )
        const rows = await queries
          .select({ document, ordinal, start, end, text, heading, page, blocks, version: VERSION })
          .from(chunks)
          .innerJoin(collections, eq(collections.activeGeneration, chunks.generation))
          .innerJoin(documents, eq(documents.id, document))
          .where(and(or(...wanted), may(principal, 'reader')))
          .orderBy(asc(document), asc(ordinal))
          .limit(MAX_READ_CHUNKS)
        return rows.map(({ page, blocks, ...row }) => ({
          ...row,
          page: page ?? undefined,
          blocks: packedBlocksSchema.nullable().parse(blocks),
        }))
      }),

    heads: (principal, ids) =>
      database.run(async (queries) => {
        if (ids.length === 0) return []
        return queries
          .select({ document: documents.id, metadata: documents.metadata, opening: OPENING })
          .from(documents)
          .innerJoin(collections, eq(collections.id, documents.collection))
          .innerJoin(
            chunks,
            and(eq(chunks.document, documents.id), eq(chunks.generation, collections.activeGeneration)),
          )
          .where(and(inArray(documents.id, [...ids]), eq(chunks.ordinal, 0), may(principal, 'reader')))
      }),

    remove: (principal, reference) =>
      database.transaction(async (queries) => {
        const found = await findDocument(queries, principal, reference, 'editor')
        const owner = await lockCollection(queries, found.collection)
        await replaceStaged(queries, owner.id, [found.uri])
        await queries.delete(documents).where(eq(documents.id, found.id))
        await raiseRevision(queries, owner.id)
        return found
      }),
  }
}

const OPENING = sql<string>`left(${chunks.text}, ${MAX_OPENING_CHARACTERS})`
const VERSION = sql<string>`${documents.ingestedAt}::text`

/** The collection's active generation if it has this spec. */
async function generationOf(
  queries: Queries,
  collection: string,
  spec: IndexSpec,
): Promise<{ id: number; collection: string } | undefined> {
  const [row] = await queries
    .select({ id: generations.id, collection: collections.id })
    .from(collections)
    .innerJoin(generations, eq(generations.id, collections.activeGeneration))
    .where(
      and(
        eq(collections.id, collection),
        eq(generations.model, spec.model),
        eq(generations.dimensions, spec.dimensions),
        eq(generations.splitter, spec.splitter),
      ),
    )
  return row
}

export async function writeParts(queries: Queries, document: string, text: string): Promise<void> {
  for (const [part, piece] of splitText(text).entries()) {
    await queries.insert(documentParts).values({ document, part, text: piece })
  }
}

export interface StoredChunk extends Omit<EmbeddedChunk, 'embedText'> {
  /** Null if unknown. */
  readonly context: string | null
  readonly terms: readonly WeightedTerm[]
}

export async function writeChunks(
  queries: Queries,
  generation: number,
  document: string,
  complete: readonly StoredChunk[],
): Promise<void> {
  for (const batch of batches(complete, (chunk) => chunk.text.length * 2)) {
    const rows = await queries
      .insert(chunks)
      .values(
        batch.map(({ ordinal, start, end, text, context, heading, page, line, tokens, hash, blocks }) => {
          const position = { page, line, heading, ordinal, start, end }
          return { generation, document, text, context, tokens, hash, blocks, ...position }
        }),
      )
      .returning({ id: chunks.id, ordinal: chunks.ordinal })
    const ids = new Map(rows.map((row) => [row.ordinal, row.id]))
    const stored = batch.map(({ ordinal, vector, terms }) => {
      const chunk = ids.get(ordinal)
      if (chunk === undefined) throw new ChatbotError('internal', `Chunk ${ordinal} was not stored.`)
      return { generation, chunk, embedding: vector, terms }
    })
    for (const group of batches(stored, (row) => row.embedding.byteLength)) {
      await queries
        .insert(vectors)
        .values(group.map(({ generation, chunk, embedding }) => ({ generation, chunk, embedding })))
    }
    await insertTerms(queries, stored)
  }
}

/** A page of documents by uri; longer than `limit` if its last uri is in several collections. */
async function listDocuments(
  queries: Queries,
  principal: Principal,
  collection: string | undefined,
  { limit, after }: DocumentQuery,
): Promise<DocumentSummary[]> {
  const inCollection = collection === undefined ? undefined : eq(documents.collection, collection)
  const select = (condition: ReturnType<typeof and>) =>
    queries
      .select(SUMMARY)
      .from(documents)
      .innerJoin(collections, eq(collections.id, documents.collection))
      .where(and(may(principal, 'reader'), inCollection, condition))
      .orderBy(asc(documents.uri), asc(documents.id))
  const batch = await select(after === undefined ? undefined : gt(documents.uri, after)).limit(limit)
  const last = batch.at(-1)
  if (last === undefined || batch.length < limit || collection !== undefined) return batch
  return [...batch, ...(await select(and(eq(documents.uri, last.uri), gt(documents.id, last.id))))]
}

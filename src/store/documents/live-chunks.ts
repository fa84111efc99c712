/** Makes chunks, their vectors and their BM25 weights searchable: copies staged ones inside the database. */
import { eq, getTableColumns, inArray, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import {
  chunks,
  documentParts,
  documents,
  stagedChunks,
  stagedDocuments,
  stagedParts,
  stagedVectors,
} from '../../../drizzle/schema.ts'
import type { Queries } from '../database/database.ts'

/** Publishes complete staged documents over their earlier versions; ids of live documents stay. */
export async function replaceLive(
  queries: Queries,
  generation: number,
  staged: readonly number[],
): Promise<void> {
  const these = inArray(stagedDocuments.id, [...staged])
  await upsertDocuments(queries, these)
  await queries
    .update(stagedDocuments)
    .set({ state: 'indexed', document: documents.id })
    .from(documents)
    .where(
      sql`${these} AND ${documents.collection} = ${stagedDocuments.collection} AND ${documents.uri} = ${stagedDocuments.uri}`,
    )
  const live = queries.select({ id: stagedDocuments.document }).from(stagedDocuments).where(these)
  await queries.delete(chunks).where(inArray(chunks.document, live))
  await queries.delete(documentParts).where(inArray(documentParts.document, live))
  await queries.execute(sql`
    INSERT INTO document_parts (document_id, part, text)
    SELECT ${stagedDocuments.document}, ${stagedParts.part}, ${stagedParts.text}
    FROM staged_parts JOIN staged_documents ON ${eq(stagedDocuments.id, stagedParts.document)} WHERE ${these}`)
  await copyChunks(queries, generation, these)
  await copyVectors(queries, generation, these)
  await copyTerms(queries, generation, these)
}

/** Whether this version of the program stored the document there: an earlier one stored no blocks. */
export const hasBlocks = (generation: number | undefined): SQL<boolean> =>
  sql<boolean>`NOT EXISTS (SELECT FROM chunks k WHERE k.generation_id = ${generation ?? null}::int
    AND k.document_id = documents.id AND k.ordinal = 0 AND k.blocks IS NULL)`

const DOCUMENT_COLUMNS = shared(getTableColumns(documents), getTableColumns(stagedDocuments), [
  'id',
  'collection',
])
const CHUNK_COLUMNS = shared(getTableColumns(chunks), getTableColumns(stagedChunks), ['document'])

async function upsertDocuments(queries: Queries, these: SQL): Promise<void> {
  const columns = names(DOCUMENT_COLUMNS)
  const updates = sql.join(
    DOCUMENT_COLUMNS.filter((name) => name !== documents.source.name).map(
      (name) => sql`${sql.identifier(name)} = excluded.${sql.identifier(name)}`,
    ),
    sql`, `,
  )
  await queries.execute(sql`
    INSERT INTO documents (collection_id, ${columns}) SELECT collection_id, ${columns} FROM staged_documents
    WHERE ${these} ORDER BY collection_id, uri
    ON CONFLICT (collection_id, uri) DO UPDATE SET ${updates}, ingested_at = now(),
      source_id = coalesce(documents.source_id, excluded.source_id)`)
}

async function copyChunks(queries: Queries, generation: number, these: SQL): Promise<void> {
  const columns = names(CHUNK_COLUMNS)
  const values = sql.join(
    CHUNK_COLUMNS.map((name) => sql`staged_chunks.${sql.identifier(name)}`),
    sql`, `,
  )
  await queries.execute(sql`
    INSERT INTO chunks (generation_id, document_id, ${columns})
    SELECT ${generation}::int, ${stagedDocuments.document}, ${values}
    FROM staged_chunks JOIN staged_documents ON ${eq(stagedDocuments.id, stagedChunks.document)}
    WHERE ${these} ORDER BY ${stagedChunks.document}, ${stagedChunks.ordinal}`)
}

async function copyVectors(queries: Queries, generation: number, these: SQL): Promise<void> {
  await queries.execute(sql`
    INSERT INTO vectors (generation_id, chunk_id, embedding)
    SELECT ${generation}::int, ${chunks.id}, ${stagedVectors.embedding}
    FROM staged_vectors
      JOIN staged_documents ON ${eq(stagedDocuments.id, stagedVectors.document)}
      JOIN chunks ON ${chunks.generation} = ${generation} AND ${eq(chunks.document, stagedDocuments.document)}
        AND ${eq(chunks.ordinal, stagedVectors.ordinal)}
    WHERE ${these} ORDER BY ${chunks.id}`)
}

async function copyTerms(queries: Queries, generation: number, these: SQL): Promise<void> {
  await queries.execute(sql`
    INSERT INTO chunk_terms (generation_id, chunk_id, terms, weights)
    SELECT ${generation}::int, ${chunks.id}, ${stagedChunks.terms}, ${stagedChunks.weights}
    FROM staged_chunks
      JOIN staged_documents ON ${eq(stagedDocuments.id, stagedChunks.document)}
      JOIN chunks ON ${chunks.generation} = ${generation} AND ${eq(chunks.document, stagedDocuments.document)}
        AND ${eq(chunks.ordinal, stagedChunks.ordinal)}
    WHERE ${these} ORDER BY ${chunks.id}`)
}

/** Names of the columns that both tables have. */
function shared(
  left: Record<string, PgColumn>,
  right: Record<string, PgColumn>,
  except: readonly string[],
): string[] {
  return Object.entries(left).flatMap(([key, column]) =>
    key in right && !except.includes(key) ? [column.name] : [],
  )
}

const names = (columns: readonly string[]): SQL =>
  sql.join(
    columns.map((name) => sql.identifier(name)),
    sql`, `,
  )

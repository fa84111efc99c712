/** Background tasks that complete the word index and update its statistics. */
import { and, asc, eq, isNull, ne, sql } from 'drizzle-orm'
import {
  chunks,
  chunkTerms,
  collections,
  documents,
  generations,
  termCounts,
} from '../../../drizzle/schema.ts'
import { LEXEMES_VERSION } from '../../text/lexemes.ts'
import type { Database, Queries } from '../database/database.ts'
import { termsPartitionName } from '../indexes/partitions.ts'
import { insertTerms, withTerms } from './chunk-terms.ts'

/** Chunks processed per transaction. */
const CHUNKS_PER_TRANSACTION = 100

/**
 * Computes a batch of rows that an older version lacks or computed differently; false if none are missing. Until
 * all are done, their collection is searched by vectors alone. Several daemons may call it.
 */
export async function completeTerms(database: Database): Promise<boolean> {
  const generation = await database.transaction(beginCompletion)
  if (generation === undefined) return false
  const missing = await database.run((queries) =>
    queries
      .select({
        chunk: chunks.id,
        heading: chunks.heading,
        text: chunks.text,
        title: documents.title,
        uri: documents.uri,
      })
      .from(chunks)
      .innerJoin(documents, eq(documents.id, chunks.document))
      .leftJoin(
        chunkTerms,
        and(
          eq(chunkTerms.generation, generation),
          eq(chunkTerms.generation, chunks.generation),
          eq(chunkTerms.chunk, chunks.id),
        ),
      )
      .where(and(eq(chunks.generation, generation), isNull(chunkTerms.chunk)))
      .limit(CHUNKS_PER_TRANSACTION),
  )
  const rows = await withTerms(missing)
  await database.transaction(async (queries) => {
    if (rows.length === 0) {
      await queries
        .update(generations)
        .set({ lexemes: LEXEMES_VERSION, countedRevision: null, countedChunks: null })
        .where(eq(generations.id, generation))
      return
    }
    // Excludes chunks that were deleted, or completed by another daemon, since they were read.
    const wanted = await queries
      .select({ id: chunks.id })
      .from(chunks)
      .where(
        and(
          eq(chunks.generation, generation),
          sql`${chunks.id} = ANY(${sql.param(rows.map(({ chunk }) => chunk))}::bigint[])`,
          sql`NOT EXISTS (SELECT FROM chunk_terms t WHERE t.generation_id = ${generation} AND t.chunk_id = ${chunks.id})`,
        ),
      )
      .for('update', { of: chunks })
    const ids = new Set(wanted.map(({ id }) => id))
    await insertTerms(
      queries,
      rows.filter(({ chunk }) => ids.has(chunk)).map(({ chunk, terms }) => ({ generation, chunk, terms })),
    )
  })
  return true
}

/** A generation whose rows are not of this version, with the older ones deleted. */
async function beginCompletion(queries: Queries): Promise<number | undefined> {
  const [row] = await queries
    .select({ id: generations.id, lexemes: generations.lexemes })
    .from(generations)
    .where(ne(generations.lexemes, LEXEMES_VERSION))
    .orderBy(asc(generations.id))
    .limit(1)
  if (row === undefined) return undefined
  if (row.lexemes !== -LEXEMES_VERSION) {
    await queries.execute(sql`LOCK TABLE ONLY chunks IN ROW EXCLUSIVE MODE`)
    await queries.execute(sql`DELETE FROM ${sql.identifier(termsPartitionName(row.id))}`)
    await queries.update(generations).set({ lexemes: -LEXEMES_VERSION }).where(eq(generations.id, row.id))
  }
  return row.id
}

/** Terms in fewer chunks are counted at query time. */
const MIN_COUNTED_CHUNKS = 100
/** An index with fewer chunks is counted completely at query time. */
const MIN_COUNTED_INDEX_CHUNKS = 2000
/**
 * Chunks sampled on PGlite, whose single session blocks questions. Counts may then be off by a fifth, which
 * changes no result: counts that are off tenfold cost 0.005 of the hits.
 */
const MAX_READ = 4000

/**
 * Counts the frequent terms of every active index that has changed since the last count: some seconds for 100,000
 * chunks. One daemon at a time; others skip it.
 */
export async function countTerms(database: Database): Promise<void> {
  const changed = await database.run((queries) =>
    queries
      .select({ id: generations.id, revision: collections.revision })
      .from(generations)
      .innerJoin(collections, eq(collections.activeGeneration, generations.id))
      .where(
        and(
          eq(generations.lexemes, LEXEMES_VERSION),
          sql`${generations.countedRevision} IS DISTINCT FROM ${collections.revision}`,
        ),
      ),
  )
  for (const { id, revision } of changed) {
    await database.transaction((queries) => countGeneration(queries, id, revision, database.embedded))
  }
}

async function countGeneration(
  queries: Queries,
  id: number,
  revision: number,
  embedded: boolean,
): Promise<void> {
  const [free] = await queries
    .select({ id: generations.id })
    .from(generations)
    .where(eq(generations.id, id))
    .for('no key update', { skipLocked: true })
  if (free === undefined) return
  const partition = sql.identifier(termsPartitionName(id))
  const { rows } = await queries.execute(sql`SELECT count(*) AS chunks FROM ${partition}`)
  const found = Number(rows[0]?.chunks)
  const counted = found >= MIN_COUNTED_INDEX_CHUNKS
  await queries.delete(termCounts).where(eq(termCounts.generation, id))
  if (counted) {
    const every = embedded ? Math.ceil(found / MAX_READ) : 1
    await queries.execute(sql`
      INSERT INTO term_counts (generation_id, term, chunks)
      SELECT ${id}, term, count(*) * ${every} FROM ${partition}, unnest(terms) AS term
      WHERE chunk_id % ${every} = 0
      GROUP BY term HAVING count(*) * ${every} >= ${MIN_COUNTED_CHUNKS}`)
  }
  await queries
    .update(generations)
    .set({ countedRevision: revision, countedChunks: counted ? found : null })
    .where(eq(generations.id, id))
}

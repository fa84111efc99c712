/**
 * The SQL of a search. Each half (vectors, words) selects its best chunks within the partitions of the searched
 * generations; then both scores are computed exactly. `chunks` comes first in every join, because tables are
 * locked in the order of their names: see partitions.ts.
 */
import { and, asc, desc, eq, inArray, type SQL, sql } from 'drizzle-orm'
import { chunks, chunkTerms, collections, documents, vectors } from '../../../drizzle/schema.ts'
import type { LexicalQuery, Phrase } from '../../ports/store/search.ts'
import type { Queries } from '../database/database.ts'
import { phraseRegex } from './phrase.ts'

export interface SearchedIndex {
  readonly generation: number
  readonly dimensions: number
  /** Whether its partition has the approximate index (approximate-index.ts). */
  readonly approximate: boolean
}

interface VectorQuery {
  readonly vector: Float32Array
  /** Limit per generation. */
  readonly limit: number
  readonly condition?: SQL | undefined
}

const vectorParam = (vector: Float32Array): SQL => sql`${sql.param(vector, vectors.embedding)}::vector`

/** The nearest chunks of each generation: with its approximate index, or exactly by scanning all its vectors. */
export function nearestVectors(
  searched: readonly SearchedIndex[],
  { vector, limit, condition }: VectorQuery,
): SQL {
  const best = searched.map((generation) => {
    const { distance, order } = distances(generation, vector)
    const inGeneration = sql`v.generation_id = ${sql.raw(String(generation.generation))}`
    const scan =
      condition === undefined
        ? sql`FROM vectors v WHERE ${inGeneration}`
        : sql`
          FROM chunks
          JOIN vectors v ON v.generation_id = chunks.generation_id AND v.chunk_id = chunks.id
          JOIN documents ON documents.id = chunks.document_id
          WHERE ${inGeneration} AND ${condition}`
    return sql`(SELECT v.chunk_id AS chunk, ${distance} AS distance ${scan} ORDER BY ${order} LIMIT ${limit})`
  })
  return sql`SELECT chunk FROM (${sql.join(best, sql` UNION ALL `)}) AS best ORDER BY distance, chunk LIMIT ${limit}`
}

/** The approximate index is on this exact expression, and supports no second sort key. */
function distances(
  { approximate, dimensions }: SearchedIndex,
  vector: Float32Array,
): { distance: SQL; order: SQL } {
  if (!approximate) {
    return { distance: sql`v.embedding <=> ${vectorParam(vector)}`, order: sql`distance, v.chunk_id` }
  }
  const half = sql.raw(`halfvec(${dimensions})`)
  const distance = sql`(v.embedding::${half}) <=> (${vectorParam(vector)}::${half})`
  return { distance, order: distance }
}

/**
 * The chunks that contain one of `named`, or all terms of a phrase, by BM25. The index selects them, the inner
 * product ranks them exactly.
 */
export function nearestTerms(
  queries: Queries,
  searched: readonly SearchedIndex[],
  terms: Pick<LexicalQuery, 'weights'>,
  named: SQL,
  limit: number,
  condition: SQL | undefined,
) {
  const distance = sql`${chunkTerms.weights} <#> ${sql.param(terms.weights, chunkTerms.weights)}::sparsevec`
  const columns = { chunk: chunkTerms.chunk }
  const inGenerations = inArray(
    chunkTerms.generation,
    searched.map(({ generation }) => generation),
  )
  const scan =
    condition === undefined
      ? queries.select(columns).from(chunkTerms).where(and(inGenerations, named))
      : queries
          .select(columns)
          .from(chunks)
          .innerJoin(chunkTerms, isOfChunk)
          .innerJoin(documents, eq(documents.id, chunks.document))
          .where(and(inGenerations, named, condition))
  return scan.orderBy(distance).limit(limit)
}

/** Whether these are the terms of this chunk. */
export const isOfChunk = and(eq(chunkTerms.generation, chunks.generation), eq(chunkTerms.chunk, chunks.id))

export const holdsAny = (ids: readonly number[]): SQL =>
  sql`${chunkTerms.terms} && ${sql.param([...ids])}::int[]`

export const holdsAll = (ids: readonly number[]): SQL =>
  sql`${chunkTerms.terms} @> ${sql.param([...ids])}::int[]`

/** Whether the text or the headings of a chunk have the phrase. */
export function saysPhrase({ text }: Phrase): SQL {
  const regex = phraseRegex(text)
  return sql`(${chunks.text} ~ ${regex} OR ${chunks.heading} ~ ${regex})`
}

/** These chunks with their passages' data and both scores, by similarity. */
export function scoredChunks(
  queries: Queries,
  searched: readonly SearchedIndex[],
  ids: readonly number[],
  query: { readonly vector: Float32Array; readonly lexical?: LexicalQuery | undefined },
) {
  const similarity = sql<number>`1 - (${vectors.embedding} <=> ${vectorParam(query.vector)})`.mapWith(Number)
  const lexical =
    query.lexical === undefined
      ? sql<number>`0`
      : sql<number>`coalesce(-(${chunkTerms.weights} <#> ${sql.param(query.lexical.weights, chunkTerms.weights)}::sparsevec), 0)`
  const inGenerations = searched.map(({ generation }) => generation)
  // One by one, by key: otherwise the planner reads all documents for a hundred chunks.
  const its = queries
    .select({
      id: documents.id,
      collection: documents.collection,
      uri: documents.uri,
      title: documents.title,
      language: documents.language,
      length: documents.length,
    })
    .from(documents)
    .where(eq(documents.id, chunks.document))
    .limit(1)
    .as('its')
  return queries
    .select({
      chunk: chunks.id,
      ordinal: chunks.ordinal,
      document: its.id,
      collection: collections.name,
      uri: its.uri,
      title: its.title,
      language: its.language,
      length: its.length,
      start: chunks.start,
      end: chunks.end,
      text: chunks.text,
      heading: chunks.heading,
      page: chunks.page,
      line: chunks.line,
      tokens: chunks.tokens,
      similarity: similarity.as('similarity'),
      lexical: lexical.mapWith(Number),
    })
    .from(chunks)
    .innerJoin(vectors, and(eq(vectors.generation, chunks.generation), eq(vectors.chunk, chunks.id)))
    .leftJoin(chunkTerms, and(isOfChunk, inArray(chunkTerms.generation, inGenerations)))
    .innerJoinLateral(its, sql`true`)
    .innerJoin(collections, eq(collections.id, its.collection))
    .where(
      and(
        inArray(chunks.generation, inGenerations),
        inArray(vectors.generation, inGenerations),
        sql`${chunks.id} = ANY(${sql.param([...ids])}::bigint[])`,
      ),
    )
    .orderBy(desc(sql`similarity`), asc(chunks.id))
}

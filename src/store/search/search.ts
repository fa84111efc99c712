import { and, eq, inArray, type SQL, sql } from 'drizzle-orm'
import { chunks, chunkTerms, collections, documents, generations } from '../../../drizzle/schema.ts'
import type { Collection } from '../../domain/document.ts'
import { ChatbotError } from '../../domain/errors.ts'
import type { Principal } from '../../domain/principal.ts'
import type { IndexRepository } from '../../ports/store/generations.ts'
import type { ChunkCandidate, LexicalQuery, Phrase, TermSample } from '../../ports/store/search.ts'
import { LEXEMES_VERSION } from '../../text/lexemes.ts'
import { may } from '../accounts/rights.ts'
import type { Database, Queries } from '../database/database.ts'
import { hasApproximateIndex, withApproximateSearch } from '../indexes/approximate-index.ts'
import { documentCondition } from './filter.ts'
import {
  holdsAll,
  holdsAny,
  nearestTerms,
  nearestVectors,
  type SearchedIndex,
  saysPhrase,
  scoredChunks,
} from './nearest.ts'

type NearestQuery = Parameters<IndexRepository['nearest']>[1]

/** Chunks that the rarest terms of a question may select; more with a filter, which excludes most of them. */
const MAX_NAMED_CHUNKS = 1000
const MAX_NAMED_CHUNKS_FILTERED = 20_000

export function searches(database: Database): Pick<IndexRepository, 'nearest' | 'frequencies' | 'samples'> {
  return {
    nearest: async (principal, query) => {
      const active = await database.run((queries) =>
        activeGenerations(queries, principal, { ...query, dimensions: query.vector.length }),
      )
      if (active.length === 0) return []
      const condition = documentCondition(query.filter)
      const [byMeaning, byWords] = await Promise.all([
        query.alone === true ? [] : byVector(database, active, query, condition),
        byTerms(database, active, query, condition),
      ])
      const ids = [...new Set([...byMeaning, ...byWords.named])]
      if (ids.length === 0) return []
      const { vector } = query
      const { lexical } = byWords
      const rows = await database.run((queries) => scoredChunks(queries, active, ids, { vector, lexical }))
      return rows.map(toCandidate)
    },

    frequencies: (principal, { terms, ...query }) =>
      database.run(async (queries) => {
        const active = await activeGenerations(queries, principal, query)
        const complete = active.every(({ lexemes }) => lexemes === LEXEMES_VERSION)
        const all = active.reduce((sum, { chunks }) => sum + chunks, 0)
        if (!complete || all === 0 || terms.length === 0) return { complete, chunks: all, found: new Map() }
        return { complete, chunks: all, found: await countTerms(queries, active, terms) }
      }),

    samples: (principal, { terms, ...query }) =>
      database.run(async (queries) => {
        const active = await activeGenerations(queries, principal, query)
        if (active.length === 0 || terms.length === 0) return []
        return sampleTerms(queries, active, terms)
      }),
  }
}

async function byVector(
  database: Database,
  active: readonly SearchedIndex[],
  query: NearestQuery,
  condition: SQL | undefined,
): Promise<number[]> {
  const { vector, limit } = query
  const search = (searched: readonly SearchedIndex[]) => (queries: Queries) =>
    queries.execute(nearestVectors(searched, { vector, limit, condition }))
  const exactly = () =>
    database.run(search(active.map((generation) => ({ ...generation, approximate: false }))))
  const approximate = active.some((generation) => generation.approximate)
  const found = approximate
    ? await database.transaction((queries) => withApproximateSearch(queries, search(active)))
    : await exactly()
  // The index scan gives up after too many filtered-out vectors; the few matching ones are quickly scanned.
  const short = approximate && condition !== undefined && found.rows.length < limit
  const { rows } = short ? await exactly() : found
  return rows.map(({ chunk }) => Number(chunk))
}

/** A phrase of stop words alone is not in the word index: all texts are read, unless there are more. */
const MAX_SCANNED_CHUNKS = 200_000

async function byTerms(
  database: Database,
  active: readonly (SearchedIndex & { readonly chunks: number })[],
  { words, limit }: NearestQuery,
  condition: SQL | undefined,
): Promise<{ named: number[]; lexical?: LexicalQuery }> {
  const lexical = await words?.()
  if (lexical === undefined) return { named: [] }
  const rarest = rarestTerms(lexical, condition === undefined ? MAX_NAMED_CHUNKS : MAX_NAMED_CHUNKS_FILTERED)
  const countedChunks = active.reduce((sum, { chunks }) => sum + chunks, 0)
  const isSearched = ({ ids }: Phrase) => ids.length > 0 || countedChunks <= MAX_SCANNED_CHUNKS
  const conditions = [
    ...(rarest.length === 0 ? [] : [{ named: holdsAny(rarest), condition }]),
    ...lexical.phrases.filter(isSearched).map((phrase) => ({
      named: phrase.ids.length === 0 ? sql`true` : holdsAll(phrase.ids),
      condition: and(condition, saysPhrase(phrase)),
    })),
  ]
  const rows = await Promise.all(
    conditions.map((each) =>
      database.run((queries) => nearestTerms(queries, active, lexical, each.named, limit, each.condition)),
    ),
  )
  return { named: rows.flat().map(({ chunk }) => chunk), lexical }
}

/** The rarest terms, until they select this many chunks: any top result contains one of them, or almost all terms. */
function rarestTerms({ weights, found }: LexicalQuery, bound: number): number[] {
  const known = weights
    .map(({ id }) => ({ id, chunks: found.get(id) ?? 0 }))
    .filter(({ chunks }) => chunks > 0)
    .sort((left, right) => left.chunks - right.chunks)
  let named = 0
  const rarest = known.filter(({ chunks }) => {
    const wanted = named < bound
    named += chunks
    return wanted
  })
  return rarest.map(({ id }) => id)
}

function toCandidate(row: Awaited<ReturnType<typeof scoredChunks>>[number]): ChunkCandidate {
  return { ...row, page: row.page ?? undefined, line: row.line ?? undefined, chunk: String(row.chunk) }
}

/** How many chunks contain each term: frequent terms as last counted, the others now, through the index. */
async function countTerms(
  queries: Queries,
  active: readonly { readonly generation: number }[],
  terms: readonly number[],
): Promise<Map<number, number>> {
  const ids = sql`${sql.param([...terms])}::int[]`
  const perGeneration = active.map(({ generation }) => {
    const id = sql.raw(String(generation))
    return sql`
      SELECT asked.term, coalesce(counted.chunks, (
        SELECT count(*) FROM ${chunkTerms} WHERE generation_id = ${id} AND terms @> ARRAY[asked.term]
      )) AS chunks
      FROM unnest(${ids}) AS asked(term)
      LEFT JOIN term_counts counted ON counted.generation_id = ${id} AND counted.term = asked.term`
  })
  const { rows } = await queries.execute(sql`
    SELECT term, sum(chunks) AS chunks FROM (${sql.join(perGeneration, sql` UNION ALL `)}) AS found GROUP BY term`)
  return new Map(rows.map(({ term, chunks }) => [Number(term), Number(chunks)]))
}

/** Chunks that are read of each term that is there. */
const SAMPLED_CHUNKS = 4

/** Looks each term up in the index, and reads some chunks of those that are there. */
async function sampleTerms(
  queries: Queries,
  active: readonly SearchedIndex[],
  terms: readonly number[],
): Promise<TermSample[]> {
  const ids = sql`${sql.param([...terms])}::int[]`
  const perGeneration = active.map(({ generation }) => {
    const id = sql.raw(String(generation))
    return sql`
      SELECT asked.term, sample.chunk_id AS chunk
      FROM unnest(${ids}) AS asked(term)
      CROSS JOIN LATERAL (
        SELECT chunk_id FROM ${chunkTerms} WHERE generation_id = ${id} AND terms @> ARRAY[asked.term] LIMIT ${sql.raw(String(SAMPLED_CHUNKS))}
      ) AS sample`
  })
  const { rows: held } = await queries.execute(sql.join(perGeneration, sql` UNION ALL `))
  if (held.length === 0) return []
  const counts = await countTerms(queries, active, [...new Set(held.map(({ term }) => Number(term)))])
  const read = await queries
    .select({
      chunk: chunks.id,
      text: sql<string>`concat_ws(E'\n', ${documents.uri}, ${documents.title}, ${chunks.heading}, ${chunks.text})`,
    })
    .from(chunks)
    .innerJoin(documents, eq(documents.id, chunks.document))
    .where(
      and(
        inArray(
          chunks.generation,
          active.map(({ generation }) => generation),
        ),
        sql`${chunks.id} = ANY(${sql.param([...new Set(held.map(({ chunk }) => Number(chunk)))])}::bigint[])`,
      ),
    )
  const texts = new Map(read.map(({ chunk, text }) => [chunk, text]))
  return Array.from(
    Map.groupBy(held, ({ term }) => Number(term)),
    ([term, holding]) => ({
      term,
      chunks: counts.get(term) ?? holding.length,
      text: holding.map(({ chunk }) => texts.get(Number(chunk)) ?? '').join('\n'),
    }),
  )
}

/** The active generations that the principal can read, all with this model. */
async function activeGenerations(
  queries: Queries,
  principal: Principal,
  {
    collections: searched,
    model,
    dimensions,
  }: { collections: readonly Collection[]; model: string; dimensions: number },
) {
  if (searched.length === 0) return []
  const active = await queries
    .select({
      generation: generations.id,
      model: generations.model,
      dimensions: generations.dimensions,
      collection: collections.name,
      lexemes: generations.lexemes,
      approximate: hasApproximateIndex(),
      chunks: sql<number>`coalesce(${generations.countedChunks}, (
        SELECT sum(documents.chunks) FROM documents WHERE documents.collection_id = ${collections.id}), 0)`.mapWith(
        Number,
      ),
    })
    .from(collections)
    .innerJoin(generations, eq(generations.id, collections.activeGeneration))
    .where(
      and(
        may(principal, 'reader'),
        inArray(
          collections.id,
          searched.map((collection) => collection.id),
        ),
      ),
    )
  const other = active.find(
    (generation) => generation.model !== model || generation.dimensions !== dimensions,
  )
  if (other !== undefined) {
    throw new ChatbotError(
      'index_mismatch',
      `The collection "${other.collection}" is indexed with ${other.model}, and the question was embedded with ${model}.`,
    )
  }
  return active
}

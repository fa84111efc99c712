import { and, asc, eq, inArray, not, type SQL, sql } from 'drizzle-orm'
import { chunks, collections, documents, vectors } from '../../drizzle/schema.ts'
import type { SearchFilter } from '../domain/answer.ts'
import type { Queries } from './database.ts'
import { globToRegex } from './glob.ts'

export interface NearestQuery {
  readonly vector: Float32Array
  readonly limit: number
  readonly filter?: SearchFilter
}

/**
 * The statement of an exact search, by cosine distance over the partitions of these generations alone. The best
 * are chosen before anything is joined, unless the filter needs the documents. `chunks` stands first because
 * tables are locked in the order in which they are named: see partitions.ts.
 */
export function nearestChunks(queries: Queries, generations: readonly number[], query: NearestQuery) {
  const best = bestVectors(queries, generations, query)
  return queries
    .select({
      chunk: chunks.id,
      document: documents.id,
      collection: collections.name,
      uri: documents.uri,
      title: documents.title,
      start: chunks.start,
      end: chunks.end,
      text: chunks.text,
      heading: chunks.heading,
      page: chunks.page,
      line: chunks.line,
      similarity: sql<number>`1 - ${best.distance}`.mapWith(Number),
    })
    .from(chunks)
    .innerJoin(best, and(eq(chunks.generation, best.generation), eq(chunks.id, best.chunk)))
    .innerJoin(documents, eq(documents.id, chunks.document))
    .innerJoin(collections, eq(collections.id, documents.collection))
    .orderBy(asc(best.distance), asc(chunks.id))
}

function bestVectors(queries: Queries, generations: readonly number[], query: NearestQuery) {
  const distance = sql<number>`${vectors.embedding} <=> ${sql.param(query.vector, vectors.embedding)}::vector`
  const inGenerations = inArray(vectors.generation, [...generations])
  const onPaths = pathCondition(query.filter)
  const columns = {
    generation: vectors.generation,
    chunk: vectors.chunk,
    distance: distance.as('distance'),
  }
  const scan =
    onPaths === undefined
      ? queries.select(columns).from(vectors).where(inGenerations)
      : queries
          .select(columns)
          .from(chunks)
          .innerJoin(vectors, and(eq(vectors.generation, chunks.generation), eq(vectors.chunk, chunks.id)))
          .innerJoin(documents, eq(documents.id, chunks.document))
          .where(and(inGenerations, onPaths))
  return scan.orderBy(sql`distance`, asc(vectors.chunk)).limit(query.limit).as('best')
}

function pathCondition(filter: SearchFilter | undefined): SQL | undefined {
  const onAny = (globs: readonly string[]) =>
    sql`${documents.uri} ~ ANY(${sql.param(globs.map(globToRegex))}::text[])`
  const { paths = [], excludePaths = [] } = filter ?? {}
  return and(
    paths.length === 0 ? undefined : onAny(paths),
    excludePaths.length === 0 ? undefined : not(onAny(excludePaths)),
  )
}

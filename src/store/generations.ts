import { asc, count, countDistinct, eq, inArray, sql } from 'drizzle-orm'
import { chunks, collections, generations } from '../../drizzle/schema.ts'
import type { Collection } from '../domain/document.ts'
import { ChatbotError } from '../domain/errors.ts'
import type { Database, Queries } from './database.ts'
import { nearestChunks } from './nearest.ts'
import { partitionName } from './partitions.ts'
import { place } from './place.ts'
import type { IndexRepository } from './store.ts'

export function indexRepository(database: Database): IndexRepository {
  return {
    nearest: (_principal, query) =>
      database.run(async (queries) => {
        const active = await activeGenerations(queries, query.collections, query.model, query.vector.length)
        if (active.length === 0) return []
        const rows = await nearestChunks(queries, active, query)
        return rows.map(({ heading, page, line, ...row }) => ({
          ...row,
          ...place({ page, line }),
          heading,
          chunk: String(row.chunk),
        }))
      }),

    list: (_principal) =>
      database.run(async (queries) => {
        const rows = await queries
          .select({
            id: generations.id,
            collection: collections.name,
            model: generations.model,
            dimensions: generations.dimensions,
            splitter: generations.splitter,
            state: generations.state,
            createdAt: generations.createdAt,
            documents: countDistinct(chunks.document),
            chunks: count(chunks.id),
          })
          .from(generations)
          .innerJoin(collections, eq(collections.id, generations.collection))
          .leftJoin(chunks, eq(chunks.generation, generations.id))
          .groupBy(generations.id, collections.name)
          .orderBy(asc(collections.name), asc(generations.id))
        const sizes = await partitionSizes(queries)
        return rows.map(({ model, dimensions, splitter, ...row }) => ({
          ...row,
          spec: { model, dimensions, splitter },
          access: 'exact',
          bytes: sizes.get(partitionName(row.id)) ?? 0,
        }))
      }),
  }
}

/** Ids of the active generations, all of this model. */
async function activeGenerations(
  queries: Queries,
  searched: readonly Collection[],
  model: string,
  dimensions: number,
): Promise<number[]> {
  if (searched.length === 0) return []
  const active = await queries
    .select({
      id: generations.id,
      model: generations.model,
      dimensions: generations.dimensions,
      collection: collections.name,
    })
    .from(collections)
    .innerJoin(generations, eq(generations.id, collections.activeGeneration))
    .where(
      inArray(
        collections.id,
        searched.map((collection) => collection.id),
      ),
    )
  const other = active.find(
    (generation) => generation.model !== model || generation.dimensions !== dimensions,
  )
  if (other !== undefined) {
    throw new ChatbotError(
      'index_mismatch',
      `The collection "${other.collection}" was indexed with ${other.model}, and questions are embedded with ` +
        `${model}: use that model, or remove the collection and ingest it again.`,
    )
  }
  return active.map((generation) => generation.id)
}

async function partitionSizes(queries: Queries): Promise<Map<string, number>> {
  const { rows } = await queries.execute(sql`
    SELECT c.relname AS name, pg_total_relation_size(c.oid) AS bytes
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'vectors'::regclass`)
  return new Map(rows.map((row) => [String(row.name), Number(row.bytes)]))
}

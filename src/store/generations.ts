import { asc, count, countDistinct, eq, sql } from 'drizzle-orm'
import { chunks, collections, generations } from '../../drizzle/schema.ts'
import { buildApproximateIndexes, ensureApproximateIndex, hasApproximateIndex } from './approximate-index.ts'
import type { Database, Queries } from './database.ts'
import { partitionName } from './partitions.ts'
import { searches } from './search.ts'
import type { IndexRepository } from './store.ts'
import { completeTerms, countTerms } from './term-index.ts'

export function indexRepository(database: Database): IndexRepository {
  return {
    ...searches(database),

    completeTerms: () => completeTerms(database),

    countTerms: () => countTerms(database),

    buildApproximateIndexes: (signal) => buildApproximateIndexes(database, signal),

    ensureApproximateIndex: (generation, worthwhile) =>
      ensureApproximateIndex(database, generation, worthwhile),

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
            approximate: hasApproximateIndex(),
            documents: countDistinct(chunks.document),
            chunks: count(chunks.id),
          })
          .from(generations)
          .innerJoin(collections, eq(collections.id, generations.collection))
          .leftJoin(chunks, eq(chunks.generation, generations.id))
          .groupBy(generations.id, collections.name)
          .orderBy(asc(collections.name), asc(generations.id))
        const sizes = await partitionSizes(queries)
        return rows.map(({ model, dimensions, splitter, approximate, ...row }) => ({
          ...row,
          spec: { model, dimensions, splitter },
          access: approximate ? 'hnsw' : 'exact',
          bytes: sizes.get(partitionName(row.id)) ?? 0,
        }))
      }),
  }
}

async function partitionSizes(queries: Queries): Promise<Map<string, number>> {
  const { rows } = await queries.execute(sql`
    SELECT c.relname AS name, pg_total_relation_size(c.oid) AS bytes
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'vectors'::regclass`)
  return new Map(rows.map((row) => [String(row.name), Number(row.bytes)]))
}

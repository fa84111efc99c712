import { asc, count, countDistinct, eq, inArray, sql } from 'drizzle-orm'
import { chunks, collections, generations } from '../../../drizzle/schema.ts'
import type { IndexRepository } from '../../ports/store/generations.ts'
import { may } from '../accounts/rights.ts'
import type { Database, Queries } from '../database/database.ts'
import { searches } from '../search/search.ts'
import { completeTerms, countTerms } from '../search/term-index.ts'
import { buildApproximateIndexes, ensureApproximateIndex, hasApproximateIndex } from './approximate-index.ts'
import { dropGeneration } from './drop-generation.ts'
import { partitionName, specOf } from './partitions.ts'
import { dropRetired } from './retired.ts'
import { verifyCollection } from './verify.ts'

export function indexRepository(database: Database): IndexRepository {
  return {
    ...searches(database),

    completeTerms: () => completeTerms(database),

    countTerms: () => countTerms(database),

    buildApproximateIndexes: (signal) => buildApproximateIndexes(database, signal),

    ensureApproximateIndex: (generation, options) => ensureApproximateIndex(database, generation, options),

    verify: (principal, collection, fix) => verifyCollection(database, principal, collection, fix),

    drop: (principal, generation) => dropGeneration(database, principal, generation),

    dropRetired: () => dropRetired(database),

    live: (names) =>
      database.run(async (queries) => {
        const rows = await queries
          .select({ collection: collections.name, generation: generations })
          .from(collections)
          .innerJoin(generations, eq(generations.id, collections.activeGeneration))
          .where(inArray(collections.name, [...names]))
        return new Map(rows.map(({ collection, generation }) => [collection, specOf(generation)]))
      }),

    list: (principal) =>
      database.run(async (queries) => {
        const rows = await queries
          .select({
            id: generations.id,
            collection: collections.name,
            reference: generations.reference,
            model: generations.model,
            dimensions: generations.dimensions,
            splitter: generations.splitter,
            state: generations.state,
            createdAt: generations.createdAt,
            approximate: hasApproximateIndex(),
            documents: countDistinct(chunks.document),
            chunks: count(chunks.id),
            withoutBlocks: count(
              sql`CASE WHEN ${chunks.ordinal} = 0 AND ${chunks.blocks} IS NULL THEN 1 END`,
            ),
          })
          .from(generations)
          .innerJoin(collections, eq(collections.id, generations.collection))
          .leftJoin(chunks, eq(chunks.generation, generations.id))
          .where(may(principal, 'reader'))
          .groupBy(generations.id, collections.name)
          .orderBy(asc(collections.name), asc(generations.id))
        const sizes = await partitionSizes(queries)
        return rows.map(({ reference, model, dimensions, splitter, approximate, ...row }) => ({
          ...row,
          spec: { reference, model, dimensions, splitter },
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

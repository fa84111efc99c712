/** Documents that runs have taken in and that cannot be found yet. */
import { and, eq, type SQL, sql } from 'drizzle-orm'
import { QueryBuilder } from 'drizzle-orm/pg-core'
import { collections, jobs } from '../../../drizzle/schema.ts'

export const isIngesting = and(eq(jobs.state, 'running'), eq(jobs.kind, 'ingest'))

export const notYetIndexed =
  sql<number>`coalesce(sum(${jobs.documents} - ${jobs.indexed} - ${jobs.failed} - ${jobs.replaced}), 0)`.mapWith(
    Number,
  )

/** Of a row in `collections`, whoever has sent them. */
export const beingIndexed: SQL<number> = sql<number>`(${new QueryBuilder()
  .select({ documents: notYetIndexed })
  .from(jobs)
  .where(and(isIngesting, eq(jobs.collection, collections.id)))})`.mapWith(Number)

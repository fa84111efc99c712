/** Documents that are accepted but not searchable yet. */
import { and, eq, type SQL, sql } from 'drizzle-orm'
import { QueryBuilder } from 'drizzle-orm/pg-core'
import { collections, jobs } from '../../../drizzle/schema.ts'

export const isIngesting = and(eq(jobs.state, 'running'), eq(jobs.kind, 'ingest'))

export const notYetIndexed =
  sql<number>`coalesce(sum(${jobs.documents} - ${jobs.indexed} - ${jobs.failed} - ${jobs.replaced}), 0)`.mapWith(
    Number,
  )

/** For a row of `collections`: the documents of all users. */
export const beingIndexed: SQL<number> = sql<number>`(${new QueryBuilder()
  .select({ documents: notYetIndexed })
  .from(jobs)
  .where(and(isIngesting, eq(jobs.collection, collections.id)))})`.mapWith(Number)

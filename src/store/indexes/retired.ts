/** Drops generations that are no longer searched, in small steps that block nobody. */
import { asc, eq, sql } from 'drizzle-orm'
import { chunks, generations } from '../../../drizzle/schema.ts'
import type { Database, Queries } from '../database/database.ts'
import { boundLog } from '../database/maintenance.ts'
import { cancelBuilds } from './approximate-index.ts'
import { dropPartitions } from './partitions.ts'

/** Chunks deleted per statement. */
const CHUNKS_PER_DELETE = 1000

/** Drops what a rebuild has replaced, and what a cancelled one leaves behind. Several daemons may call it. */
export async function dropRetired(database: Database): Promise<void> {
  const retired = await database.transaction(async (queries) => {
    await retireAbandoned(queries)
    return queries
      .select({ id: generations.id })
      .from(generations)
      .where(eq(generations.state, 'retired'))
      .orderBy(asc(generations.id))
  })
  for (const { id } of retired) {
    await cancelBuilds(database, [id])
    await database.transaction((queries) => dropPartitions(queries, [id]))
    for (let deleted = CHUNKS_PER_DELETE; deleted === CHUNKS_PER_DELETE; ) {
      const { rowCount } = await database.run((queries) =>
        queries.delete(chunks).where(
          sql`(${chunks.generation}, ${chunks.id}) IN (
            SELECT generation_id, id FROM chunks WHERE generation_id = ${id} LIMIT ${CHUNKS_PER_DELETE})`,
        ),
      )
      deleted = rowCount ?? 0
      await boundLog(database)
    }
    await database.run((queries) => queries.delete(generations).where(eq(generations.id, id)))
  }
}

/** Retires generations whose rebuild job is gone. */
async function retireAbandoned(queries: Queries): Promise<void> {
  await queries
    .update(generations)
    .set({ state: 'retired' })
    .where(
      sql`${generations.state} = 'building' AND NOT EXISTS (
        SELECT FROM jobs WHERE jobs.kind = 'rebuild' AND jobs.state IN ('running', 'failed')
          AND (jobs.input->>'generation')::int = ${generations.id})`,
    )
}

import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'

/**
 * PGlite has no autovacuum: without this, deleted rows stay and statistics are those of an empty table. One table
 * per statement, so that questions can run in between.
 */
export async function maintain(database: Database): Promise<void> {
  if (!database.embedded) return
  const tables = await database.run((queries) =>
    queries.execute(sql`
      SELECT relname FROM pg_class
      WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace ORDER BY relname`),
  )
  for (const { relname } of tables.rows) {
    await database.run((queries) => queries.execute(sql`VACUUM (ANALYZE) ${sql.identifier(String(relname))}`))
  }
  await database.run((queries) => queries.execute(sql`CHECKPOINT`))
}

/** Bytes of write-ahead log: what must be replayed after a kill, and what the log occupies on disk. */
const MAX_LOG_BYTES = 64 * 1024 * 1024

/** Run after large writes: PGlite makes no checkpoints by itself, so its log would grow without limit. */
export async function boundLog(database: Database): Promise<void> {
  if (!database.embedded) return
  const { rows } = await database.run((queries) =>
    queries.execute(sql`
      SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn) AS bytes FROM pg_control_checkpoint()`),
  )
  if (Number(rows[0]?.bytes) > MAX_LOG_BYTES) {
    await database.run((queries) => queries.execute(sql`CHECKPOINT`))
  }
}

import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'

/**
 * PGlite has no background processes: without this, deleted rows stay and statistics are those of an empty
 * table. One table a statement, so that questions come in between.
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

/** Bytes; what has to be read again when the daemon is killed, and what the log keeps on disk. */
const MAX_LOG_BYTES = 64 * 1024 * 1024

/** After a large write: PGlite makes no checkpoint by itself, and its log would never stop growing. */
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

import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { packageRoot } from '../../config/package-root.ts'
import { ChatbotError } from '../../domain/errors.ts'
import type { Database, Queries } from './database.ts'

const OLDEST_POSTGRES = 16
/** Advisory lock number unlikely to be used by another program: `chatbot` in ASCII. */
const MIGRATION_LOCK = 0x63_68_61_74_62_6fn

/**
 * Migrates the database to this version's schema, all migrations in one transaction under a lock, so that several
 * daemons can start at once. Returns the number of migrations applied. Throws `database_newer` if a newer version
 * has migrated it, and `database_setup` if PostgreSQL is too old, or lacks the extension or a privilege that only
 * an administrator can grant.
 */
export function migrate(database: Database): Promise<number> {
  if (database.embedded) return database.transaction(applyMissing)
  // Waiting for another daemon's migration can take long, so there is no timeout.
  return database.aside(new AbortController().signal, (queries) => queries.transaction(applyMissing))
}

async function applyMissing(queries: Queries): Promise<number> {
  const migrations = readMigrationFiles({ migrationsFolder: join(packageRoot(), 'drizzle', 'migrations') })
  await queries.execute(sql`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`)
  await checkVersion(queries)
  await ensureVector(queries)
  await ensureOwnSchema(queries)
  await queries.execute(sql`
    CREATE TABLE IF NOT EXISTS chatbot_migrations (
      "when" bigint PRIMARY KEY, hash text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
    )`)
  const applied = await queries.execute(sql`SELECT "when" FROM chatbot_migrations`)
  const done = new Set(applied.rows.map((row) => Number(row.when)))
  const known = new Set(migrations.map((migration) => migration.folderMillis))
  if ([...done].some((when) => !known.has(when))) {
    throw new ChatbotError(
      'database_newer',
      'The database was set up by a newer version of chatbot. Install that version, or use another database.',
    )
  }
  const missing = migrations.filter((migration) => !done.has(migration.folderMillis))
  for (const migration of missing) {
    for (const statement of migration.sql) await queries.execute(sql.raw(statement))
    await queries.execute(
      sql`INSERT INTO chatbot_migrations ("when", hash) VALUES (${migration.folderMillis}, ${migration.hash})`,
    )
  }
  return missing.length
}

async function checkVersion(queries: Queries): Promise<void> {
  const { rows } = await queries.execute(
    sql`SELECT current_setting('server_version_num')::int / 10000 AS major`,
  )
  const major = Number(rows[0]?.major)
  if (major < OLDEST_POSTGRES) {
    throw new ChatbotError(
      'database_setup',
      `The database is PostgreSQL ${major}; chatbot needs version ${OLDEST_POSTGRES} or newer.`,
    )
  }
}

/** Only a superuser can create the extension; that doesn't matter if an administrator has already done it. */
async function ensureVector(queries: Queries): Promise<void> {
  const { rows } = await queries.execute(
    sql`SELECT current_database() AS name, EXISTS (SELECT FROM pg_extension WHERE extname = 'vector') AS there`,
  )
  if (rows[0]?.there === true) return
  try {
    await queries.execute(sql`CREATE EXTENSION vector`)
  } catch (thrown) {
    throw new ChatbotError(
      'database_setup',
      'The database lacks the extension pgvector, and this user cannot create it. Install pgvector on the ' +
        `server, and let an administrator run in the database "${rows[0]?.name}": CREATE EXTENSION vector;`,
      { cause: thrown },
    )
  }
}

/** A role that may only log in needs one privilege, or a schema of its own. */
async function ensureOwnSchema(queries: Queries): Promise<void> {
  const { rows } = await queries.execute(sql`
    SELECT current_schema() AS schema, quote_ident(current_user) AS role,
      current_schema() IS NOT NULL AND has_schema_privilege(current_schema(), 'CREATE') AS mine`)
  const [row] = rows
  if (row?.mine === true) return
  const schema = row?.schema ?? 'public'
  throw new ChatbotError(
    'database_setup',
    `The database user ${row?.role} may not create tables (permission denied for schema ${schema}). Let an ` +
      `administrator run in this database: GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${row?.role};`,
  )
}

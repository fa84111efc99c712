/** `chatbot migrate`: migrates PostgreSQL to this version's schema before daemons of this version start. */
import type { Config } from '../src/config/schema.ts'
import { ChatbotError } from '../src/domain/errors.ts'
import { migrateStore, type StoreOptions } from '../src/store/open.ts'

/** Undefined without `database.url`. */
export function postgresConnection({ database }: Config): StoreOptions['connection'] | undefined {
  if (database.url === undefined) return undefined
  return {
    connectionString: database.url,
    max: database.poolSize,
    connectionTimeoutMillis: database.connectTimeoutMs,
    statementTimeoutMs: database.statementTimeoutMs,
  }
}

/** Returns the number of applied migrations. */
export async function migrateDatabase(config: Config): Promise<number> {
  const connection = postgresConnection(config)
  if (connection !== undefined) return migrateStore(connection)
  throw new ChatbotError(
    'invalid_config',
    'There is no PostgreSQL to migrate: set DATABASE_URL. The embedded database is migrated when the daemon starts.',
  )
}

import { sql } from 'drizzle-orm'
import type pg from 'pg'
import { answerRepository } from './answers.ts'
import { exportRecords } from './backup.ts'
import { cachedAnswerRepository } from './cached-answers.ts'
import { collectionRepository } from './collections.ts'
import { conversationRepository } from './conversations.ts'
import { connect, type Database, type StoreLog } from './database.ts'
import { documentRepository } from './documents.ts'
import { indexRepository } from './generations.ts'
import { maintain } from './maintenance.ts'
import { migrate } from './migrate.ts'
import { restoreRecords } from './restore.ts'
import { sourceRepository } from './sources.ts'
import type { Store } from './store.ts'

export interface StoreOptions {
  /** As for `pg.Pool`: `{ connectionString }` of PostgreSQL, or what `startPglite` returns. */
  readonly connection: pg.PoolConfig
  /** PGlite behind its socket. */
  readonly embedded: boolean
  readonly logger?: StoreLog
}

/**
 * Connects and migrates. Throws `database_unreachable`, `database_setup` or `disk_full`, and then nothing is
 * left open.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const database = connect(options.connection, options.embedded, options.logger)
  try {
    await migrate(database)
  } catch (error) {
    await database.close()
    throw error
  }
  return {
    collections: collectionRepository(database),
    sources: sourceRepository(database),
    documents: documentRepository(database),
    index: indexRepository(database),
    conversations: conversationRepository(database),
    answers: answerRepository(database),
    cachedAnswers: cachedAnswerRepository(database),
    backup: {
      export: (_principal) => exportRecords(database),
      restore: (principal, records) => restoreRecords(database, principal, records),
    },
    ping: async () => {
      await database.run((queries) => queries.execute(sql`SELECT 1`))
    },
    describe: () => describe(database),
    maintain: () => maintain(database),
    close: () => database.close(),
  }
}

async function describe(database: Database): Promise<string> {
  const { rows } = await database.run((queries) =>
    queries.execute(sql`
      SELECT split_part(current_setting('server_version'), ' ', 1) AS server,
        (SELECT extversion FROM pg_extension WHERE extname = 'vector') AS vector`),
  )
  const versions = `PostgreSQL ${rows[0]?.server}, pgvector ${rows[0]?.vector}`
  return database.embedded ? `PGlite (${versions})` : versions
}

import { sql } from 'drizzle-orm'
import { revocations } from '../../drizzle/schema.ts'
import type { Principal } from '../domain/principal.ts'
import type { Store } from '../ports/store/store.ts'
import { audit, auditRepository } from './accounts/audit.ts'
import { grantRepository } from './accounts/grants.ts'
import { keyRepository } from './accounts/keys.ts'
import { requireAdministrator } from './accounts/rights.ts'
import { signingKeyRepository } from './accounts/signing-keys.ts'
import { usageRepository } from './accounts/usage.ts'
import { sessionRepository, userRepository } from './accounts/users.ts'
import { answerRepository } from './answers/answers.ts'
import { cachedAnswerRepository } from './answers/cached-answers.ts'
import { conversationRepository } from './answers/conversations.ts'
import { exportRecords } from './backup/backup.ts'
import { restoreRecords } from './backup/restore.ts'
import { type ConnectionConfig, connect, type Database, type StoreLog } from './database/database.ts'
import { maintain } from './database/maintenance.ts'
import { migrate } from './database/migrate.ts'
import { catalogueRepository } from './documents/catalogue.ts'
import { collectionRepository } from './documents/collections.ts'
import { documentRepository } from './documents/documents.ts'
import { sourceRepository } from './documents/sources.ts'
import { stagingRepository } from './documents/staging.ts'
import { indexRepository } from './indexes/generations.ts'
import { rebuildRepository } from './indexes/rebuild.ts'
import { jobRepository } from './jobs/jobs.ts'

export interface StoreOptions {
  readonly connection: ConnectionConfig
  /** PGlite behind its socket. */
  readonly embedded: boolean
  readonly logger?: StoreLog
}

/** Migrates a PostgreSQL database and returns the number of migrations applied. Throws like `openStore`. */
export async function migrateStore(connection: ConnectionConfig): Promise<number> {
  const database = connect(connection, false)
  try {
    return await migrate(database)
  } finally {
    await database.close()
  }
}

/**
 * Connects and migrates. On failure it throws `database_unreachable`, `database_setup`, `database_newer` or
 * `disk_full` and leaves nothing open.
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
    jobs: jobRepository(database),
    staging: stagingRepository(database),
    collections: collectionRepository(database),
    sources: sourceRepository(database),
    documents: documentRepository(database),
    catalogue: catalogueRepository(database),
    index: indexRepository(database),
    rebuild: rebuildRepository(database),
    conversations: conversationRepository(database),
    answers: answerRepository(database),
    cachedAnswers: cachedAnswerRepository(database),
    usage: usageRepository(database),
    backup: {
      export: async function* (principal, options = {}) {
        await administrate(database, principal, 'backup')
        yield* exportRecords(database, options)
      },
      restore: async (principal, records, options = {}) => {
        await administrate(database, principal, 'restore')
        return restoreRecords(database, principal, records, options)
      },
    },
    users: userRepository(database),
    sessions: sessionRepository(database),
    keys: keyRepository(database),
    grants: grantRepository(database),
    signingKeys: signingKeyRepository(database),
    audit: auditRepository(database),
    revocations: () =>
      database.run(async (queries) => {
        const [row] = await queries.select({ revision: revocations.revision }).from(revocations)
        return row?.revision ?? 0
      }),
    ping: async () => {
      await database.run((queries) => queries.execute(sql`SELECT 1`))
    },
    describe: () => describe(database),
    pool: () => database.pool(),
    maintain: () => maintain(database),
    close: () => database.close(),
  }
}

/** For operations on everything that is stored, whoever owns it. */
async function administrate(
  database: Database,
  principal: Principal,
  action: 'backup' | 'restore',
): Promise<void> {
  await database.transaction(async (queries) => {
    await requireAdministrator(queries, principal)
    await audit(queries, principal, action, 'everything')
  })
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

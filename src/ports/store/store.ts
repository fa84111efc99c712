/**
 * What the rest of the program needs from the database: one small repository per aggregate, each implemented in
 * src/store. A single implementation (drizzle over `pg`) serves PGlite and PostgreSQL.
 */

import type { AnswerRepository } from './answers.ts'
import type { AuditRepository } from './audit.ts'
import type { BackupRepository } from './backup.ts'
import type { CachedAnswerRepository } from './cached-answers.ts'
import type { CatalogueRepository } from './catalogue.ts'
import type { CollectionRepository } from './collections.ts'
import type { ConversationRepository } from './conversations.ts'
import type { DocumentRepository } from './documents.ts'
import type { IndexRepository } from './generations.ts'
import type { GrantRepository } from './grants.ts'
import type { JobRepository } from './jobs.ts'
import type { KeyRepository } from './keys.ts'
import type { RebuildRepository } from './rebuild.ts'
import type { SigningKeyRepository } from './signing-keys.ts'
import type { SourceRepository } from './sources.ts'
import type { StagingRepository } from './staging.ts'
import type { UsageRepository } from './usage.ts'
import type { SessionRepository, UserRepository } from './users.ts'

export interface Store {
  readonly collections: CollectionRepository
  readonly sources: SourceRepository
  readonly documents: DocumentRepository
  readonly catalogue: CatalogueRepository
  readonly jobs: JobRepository
  readonly staging: StagingRepository
  readonly index: IndexRepository
  readonly rebuild: RebuildRepository
  readonly conversations: ConversationRepository
  readonly answers: AnswerRepository
  readonly cachedAnswers: CachedAnswerRepository
  readonly usage: UsageRepository
  readonly backup: BackupRepository
  readonly users: UserRepository
  readonly sessions: SessionRepository
  readonly keys: KeyRepository
  readonly grants: GrantRepository
  readonly signingKeys: SigningKeyRepository
  readonly audit: AuditRepository
  /** Rises with every revoked credential. */
  revocations: () => Promise<number>
  /** One round trip; throws `database_unreachable` if the database does not answer. */
  ping: () => Promise<void>
  /** Which database this is, for status and doctor: for example `PGlite (PostgreSQL 18.6, pgvector 0.8.7)`. */
  describe: () => Promise<string>
  pool: () => PoolUse
  /** VACUUM and ANALYZE, which PGlite does not run by itself; does nothing on PostgreSQL, which has autovacuum. */
  maintain: () => Promise<void>
  close: () => Promise<void>
}

/** Connections, and requests that wait for one. */
export interface PoolUse {
  readonly idle: number
  readonly busy: number
  readonly waiting: number
}

import type { Principal } from '../../domain/principal.ts'
import type { ArchiveRecord } from './backup-records.ts'

/** The result of a restore. */
export interface Restored {
  readonly collections: number
  readonly documents: number
  readonly conversations: number
  /** Documents and conversations that already existed. */
  readonly unchanged: number
  readonly users: number
  /** Of these, users without a password, because the archive has none that can be decrypted. */
  readonly withoutPassword: number
  readonly keys: number
  readonly grants: number
}

export interface BackupOptions {
  /** Encrypts the hashes of passwords and keys; without it they are left out. */
  readonly seal?: ((secrets: string) => Promise<string>) | undefined
}

export interface RestoreOptions {
  /** Also restore users, keys and roles, including those removed since the backup. */
  readonly accounts?: boolean | undefined
  /** Decrypts; throws on failure. Without it users get no passwords, and keys are left out. */
  readonly unseal?: ((sealed: string) => Promise<string>) | undefined
}

export interface BackupRepository {
  /**
   * Everything that is kept, whoever owns it, except running answers. Each collection is a consistent snapshot,
   * and the store keeps serving. The `header` is not among the records.
   */
  export: (principal: Principal, options?: BackupOptions) => AsyncGenerator<ArchiveRecord>
  /**
   * Adds an archive's content to the existing data. Each document and each conversation is one transaction, so an
   * interrupted restore leaves nothing half done and can be run again. A document with the same name is replaced;
   * existing users, keys and roles stay as they are. Throws `backup_corrupt`, and `index_mismatch` if a collection
   * with that name has a different index.
   */
  restore: (
    principal: Principal,
    records: AsyncIterable<ArchiveRecord>,
    options?: RestoreOptions,
  ) => Promise<Restored>
}

import type { Principal } from '../../domain/principal.ts'
import type { ArchiveRecord } from './backup-records.ts'

/** What a restore did. */
export interface Restored {
  readonly collections: number
  readonly documents: number
  readonly conversations: number
  /** Documents and conversations that were there already. */
  readonly unchanged: number
  readonly users: number
  /** Of those: they have no password, because the archive has none that can be read. */
  readonly withoutPassword: number
  readonly keys: number
  readonly grants: number
}

export interface BackupOptions {
  /** Encrypts hashes of passwords and keys; without it they are left out. */
  readonly seal?: ((secrets: string) => Promise<string>) | undefined
}

export interface RestoreOptions {
  /** Also users, keys and roles: those that were taken away since the backup come back with them. */
  readonly accounts?: boolean | undefined
  /** Decrypts; throws when it cannot. Without it users come without passwords, and keys not at all. */
  readonly unseal?: ((sealed: string) => Promise<string>) | undefined
}

export interface BackupRepository {
  /**
   * Everything that is kept, whoever owns it, but for answers that still run: collections each as it was at one
   * moment, while the store goes on serving. The `header` is not among the records.
   */
  export: (principal: Principal, options?: BackupOptions) => AsyncGenerator<ArchiveRecord>
  /**
   * Adds what an archive holds to what is there: each document and each conversation in one transaction, so that
   * whatever ends this leaves nothing half done, and doing it again continues. A document of the same name is
   * replaced; users, keys and roles that are there stay as they are. Throws `index_mismatch` where a collection of that name was indexed otherwise, `backup_corrupt`.
   */
  restore: (
    principal: Principal,
    records: AsyncIterable<ArchiveRecord>,
    options?: RestoreOptions,
  ) => Promise<Restored>
}

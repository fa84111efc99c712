import type { Readable } from 'node:stream'
import { FOR_PASSPHRASES, seal } from '../../src/auth/sealed.ts'
import { packArchive } from '../../src/backup/archive.ts'
import type { Principal } from '../../src/domain/principal.ts'
import { ARCHIVE_FORMAT, type ArchiveRecord } from '../../src/ports/store/backup-records.ts'
import type { Store } from '../../src/ports/store/store.ts'

/** The archive of all data; without its `end` record if the store fails or the signal aborts. */
export function backupStream(
  store: Store,
  principal: Principal,
  { version, passphrase, signal }: { version: string; passphrase: string | undefined; signal: AbortSignal },
): Readable {
  const archive = packArchive(records(store, principal, version, passphrase))
  const stop = () => archive.destroy()
  signal.addEventListener('abort', stop, { once: true })
  archive.once('close', () => signal.removeEventListener('abort', stop))
  return archive
}

async function* records(
  store: Store,
  principal: Principal,
  version: string,
  passphrase: string | undefined,
): AsyncGenerator<ArchiveRecord> {
  yield { type: 'header', format: ARCHIVE_FORMAT, version, createdAt: new Date().toISOString() }
  yield* store.backup.export(principal, {
    seal: passphrase === undefined ? undefined : (secrets) => seal(secrets, passphrase, FOR_PASSPHRASES),
  })
}

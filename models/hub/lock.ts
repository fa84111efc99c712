import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import { ChatbotError } from '../../src/domain/errors.ts'

const POLL_MS = 200

export interface LockOptions {
  readonly signal: AbortSignal
  /** Called if another process holds the lock. */
  readonly onWait: () => void
}

/**
 * Runs `work` with exclusive access to a repository of the cache. The lock is a transaction on a SQLite file, which the
 * operating system releases however the process dies. Waits for the holder, and calls `onWait` once.
 */
export async function withRepository<T>(
  cacheDir: string,
  name: string,
  options: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const path = join(cacheDir, '.locks', `chatbot--${name.replace('/', '--')}.lock`)
  await mkdir(dirname(path), { recursive: true })
  const database = await taken(path, options)
  try {
    return await work()
  } finally {
    database.close()
  }
}

async function taken(path: string, { signal, onWait }: LockOptions): Promise<DatabaseSync> {
  for (let tries = 0; ; tries++) {
    const database = new DatabaseSync(path, { timeout: 0 })
    try {
      database.exec('BEGIN EXCLUSIVE')
      return database
    } catch (thrown) {
      database.close()
      if (!(thrown instanceof Error && /locked|busy/i.test(thrown.message))) throw thrown
    }
    if (tries === 0) onWait()
    await setTimeout(POLL_MS, undefined, { signal }).catch(() => {})
    if (signal.aborted)
      throw new ChatbotError(
        'cancelled',
        'Cancelled while waiting for another command to finish with this model.',
      )
  }
}

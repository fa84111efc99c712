import { createWriteStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { ChatbotError } from '../../src/domain/errors.ts'
import { checksumLike } from '../checksum.ts'
import { type Hub, type HubSettings, RangeRefused, type RemoteFile, type RemoteRepository } from './client.ts'
import { connectionError, isWorthAnotherTry, MAX_FAILURES, pauseAfter } from './errors.ts'

export interface Download {
  readonly hub: Hub
  readonly settings: Pick<HubSettings, 'endpoint' | 'pauseMs'>
  readonly repository: RemoteRepository
  readonly file: RemoteFile
  /** The file appears there only when it is complete and matches the checksum. */
  readonly path: string
  readonly signal: AbortSignal
  /** Reports the change in bytes on disk; negative if the download starts again. */
  onBytes: (delta: number) => void
}

/** Bytes after which a lost connection counts as progress. */
const PROGRESS_BYTES = 64 * 1024

/**
 * Downloads a file to `PATH.incomplete`, resuming an earlier pull, and moves it to `path` if its checksum matches.
 * After a mismatch it is downloaded once more from the start, then fails with `pull_failed`.
 */
export async function download({
  hub,
  settings,
  repository,
  file,
  path,
  signal,
  onBytes,
}: Download): Promise<void> {
  const { endpoint, pauseMs } = settings
  const part = `${path}.incomplete`
  let have = (await stat(part).catch(() => undefined))?.size ?? 0
  let failures = 0
  let wrong = 0
  const startAgain = async (why: string): Promise<void> => {
    await rm(part, { force: true })
    onBytes(-have)
    have = 0
    if (++wrong > 1)
      throw new ChatbotError(
        'pull_failed',
        `${file.path} of ${repository.name} arrives corrupted from ${endpoint}: ${why}. It was discarded. A proxy or a mirror may have changed it.`,
      )
  }

  for (;;) {
    if (have === file.size) {
      if (have === 0) await (await open(part, 'a')).close()
      const found = await checksumLike(file.checksum, part)
      if (found === file.checksum) break
      await startAgain(`its checksum is ${found.slice(0, 12)}…, not ${file.checksum.slice(0, 12)}…`)
    }
    if (have > file.size) await startAgain(`it is longer than ${file.size} bytes`)
    const before = have
    try {
      const { body, from } = await hub.read(repository, file, have, signal)
      onBytes(from - have)
      have = from
      await pipeline(body, counted, createWriteStream(part, { flags: from === 0 ? 'w' : 'a' }), { signal })
      if (have === before) throw new Error('the answer was empty')
    } catch (thrown) {
      if (thrown instanceof RangeRefused) await startAgain('the server has other bytes than it lists')
      else {
        const onDisk = (await stat(part).catch(() => undefined))?.size ?? 0
        onBytes(onDisk - have)
        have = onDisk
        failures = have - before > PROGRESS_BYTES ? 1 : failures + 1
        const error = connectionError(thrown, endpoint, signal)
        if (failures >= MAX_FAILURES || !isWorthAnotherTry(error)) throw error
        await pauseAfter(error, failures, { pauseMs, signal })
      }
    }
  }
  const handle = await open(part, 'r+')
  await handle.sync()
  await handle.close()
  await rename(part, path)

  async function* counted(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const bytes of source) {
      have += bytes.length
      onBytes(bytes.length)
      yield bytes
      // One byte too many is enough to know.
      if (have > file.size) return
    }
  }
}

import { stat } from 'node:fs/promises'
import { hashFile } from './hash.ts'

/** The coarsest clock of a file system in use: FAT's. */
const CLOCK_MS = 2000

/**
 * `hashFile` that rereads a file only if it may have changed. As in git's index, a hash is valid while device, inode,
 * size and both times are the same. A file that was too fresh is always reread, because a later change could have the
 * same times; an inode's change time cannot be set back.
 */
export function rememberingHash(): typeof hashFile {
  const known = new Map<string, { state: string; hash: string; bytes: number }>()
  return async (path, signal) => {
    const before = Date.now()
    const stats = await stat(path, { bigint: true }).catch(() => undefined)
    // The caller that opens the file reports the error.
    if (stats === undefined) return hashFile(path, signal)
    const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = stats
    const state = [dev, ino, size, mtimeNs, ctimeNs].join(' ')
    const found = known.get(path)
    if (found?.state === state) return { hash: found.hash, bytes: found.bytes }
    const hashed = await hashFile(path, signal)
    if (Number(ctimeMs) < before - CLOCK_MS) known.set(path, { state, ...hashed })
    else known.delete(path)
    return hashed
  }
}

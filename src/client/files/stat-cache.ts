import { stat } from 'node:fs/promises'
import { hashFile } from './hash.ts'

/** The coarsest clock of a file system that is in use: FAT's. */
const CLOCK_MS = 2000

/**
 * `hashFile` that reads a file again only when it may have changed. As in git's index, what was hashed counts while
 * device, inode, size and both times are the same, and not at all when the file was so fresh that a later change
 * could carry the same times: nobody can set the time of the last change of an inode back.
 */
export function rememberingHash(): typeof hashFile {
  const known = new Map<string, { state: string; hash: string; bytes: number }>()
  return async (path, signal) => {
    const before = Date.now()
    const stats = await stat(path, { bigint: true }).catch(() => undefined)
    // What went wrong is told by whoever opens it.
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

import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { type FoundFile, fileProblem } from './expand.ts'

export interface HashedFile extends FoundFile {
  /** SHA-256, hex. */
  readonly hash: string
  readonly bytes: number
}

const BLOCK_BYTES = 256 * 1024

/** SHA-256 (hex) and size of a file, read in blocks; throws `document_unreadable`, `not_found` or `cancelled`. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<{ hash: string; bytes: number }> {
  const hash = createHash('sha256')
  let bytes = 0
  try {
    const file = await open(path)
    try {
      const { size } = await file.stat()
      const block = Buffer.allocUnsafe(Math.min(size + 1, BLOCK_BYTES))
      for (let read = -1; read !== 0; ) {
        signal?.throwIfAborted()
        read = (await file.read(block, 0, block.length)).bytesRead
        hash.update(block.subarray(0, read))
        bytes += read
        // A small file fits in one block: no second read to find its end.
        if (bytes === size && size < block.length) break
      }
    } finally {
      await file.close()
    }
  } catch (error) {
    throw fileProblem(error, path)
  }
  return { hash: hash.digest('hex'), bytes }
}

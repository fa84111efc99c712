import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { fileProblem } from './files.ts'

/** SHA-256 (hex) and size of a file, read once as a stream; throws `document_unreadable` or `not_found`. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<{ hash: string; bytes: number }> {
  const hash = createHash('sha256')
  let bytes = 0
  try {
    for await (const chunk of createReadStream(path, { signal })) {
      if (!Buffer.isBuffer(chunk)) continue
      hash.update(chunk)
      bytes += chunk.length
    }
  } catch (error) {
    throw fileProblem(error)
  }
  return { hash: hash.digest('hex'), bytes }
}

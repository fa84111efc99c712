import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'

/** Slices of 256 KiB hash in about 0.2 ms each, so that the calling thread stays responsive. */
const SLICE_BYTES = 256 * 1024

/** SHA-256 of a file's content, in hex. */
export async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: SLICE_BYTES }), hash)
  return hash.digest('hex')
}

/** Git's blob id of a file, in hex: the hub gives it for files outside LFS. */
async function gitBlobSha1(path: string): Promise<string> {
  const hash = createHash('sha1').update(`blob ${(await stat(path)).size}\0`)
  await pipeline(createReadStream(path, { highWaterMark: SLICE_BYTES }), hash)
  return hash.digest('hex')
}

/** The file's checksum of the same kind as `expected`. */
export const checksumLike = (expected: string, path: string): Promise<string> =>
  expected.length === 40 ? gitBlobSha1(path) : sha256(path)

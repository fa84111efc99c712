import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, symlink } from 'node:fs/promises'
import { dirname, join, normalize, relative } from 'node:path'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-stream'
import { ChatbotError } from '../../src/domain/errors.ts'

const GZIP = Buffer.from([0x1f, 0x8b])

/**
 * Unpacks a tar archive, optionally gzipped. Names and links that lead outside `folder` are an error. Throws
 * `unsupported_model` if it is damaged or of another kind.
 */
export async function unpack(path: string, folder: string, signal: AbortSignal): Promise<void> {
  const unpacked = extract()
  const handle = await open(path)
  const { buffer } = await handle.read({ buffer: Buffer.alloc(2), position: 0 })
  await handle.close()
  const decompressed = buffer.equals(GZIP) ? createGunzip() : new PassThrough()
  const reading = pipeline(createReadStream(path), decompressed, unpacked, { signal })
  reading.catch(() => {})
  try {
    for await (const entry of unpacked) {
      const target = inside(folder, entry.header.name)
      if (entry.header.type === 'file') await write(entry, target)
      else if (entry.header.type === 'symlink') {
        const link = entry.header.linkname ?? ''
        // Only links of a hub cache; others could lead outside in several steps.
        if (!/^(\.\.\/)+blobs\/[0-9a-f]{40,64}$/.test(link))
          throw new Error(`it contains a link that is not part of a hub cache (${JSON.stringify(link)})`)
        inside(folder, join(dirname(normalize(entry.header.name)), link))
        await mkdir(dirname(target), { recursive: true })
        await symlink(link, target)
      }
      entry.resume()
    }
    await reading
  } catch (thrown) {
    if (signal.aborted) throw new ChatbotError('cancelled', 'Cancelled. Nothing was imported.')
    throw ChatbotError.wrap(
      thrown,
      'unsupported_model',
      `${path} is not a complete tar archive (.tar, .tar.gz, .tgz) of a model: `,
    )
  }
}

async function write(entry: AsyncIterable<unknown>, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true })
  await pipeline(entry, createWriteStream(target))
}

function inside(folder: string, name: string): string {
  const target = join(folder, name)
  const path = relative(folder, target)
  if (path.startsWith('..') || name.startsWith('/'))
    throw new Error(`it contains a name that leads outside (${JSON.stringify(name)})`)
  return target
}

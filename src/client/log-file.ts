import { type FileHandle, open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** Where reading stopped: the file, by inode because the name is a link to the current file, and the next byte. */
export interface Tail {
  readonly lines: readonly string[]
  readonly inode: number
  readonly offset: number
}

const BLOCK_BYTES = 64 * 1024
const POLL_MS = 200

/** The last lines of a file, read from its end; undefined if it does not exist. */
export async function lastLines(path: string, count: number): Promise<Tail | undefined> {
  const file = await openExisting(path)
  if (file === undefined) return undefined
  try {
    const { size, ino: inode } = await file.stat()
    let from = size
    let bytes = Buffer.alloc(0)
    while (from > 0 && newlines(bytes) <= count) {
      const start = Math.max(0, from - BLOCK_BYTES)
      bytes = Buffer.concat([await readAt(file, start, from - start), bytes])
      from = start
    }
    // A line without a line feed is still being written.
    const end = bytes.lastIndexOf(10) + 1
    const lines = bytes.subarray(0, end).toString('utf8').split('\n').slice(0, -1)
    return { lines: count === 0 ? [] : lines.slice(-count), inode, offset: size - bytes.length + end }
  } finally {
    await file.close()
  }
}

/** Lines as they are appended, across rotations; never ends. */
export async function* followLines(
  path: string,
  { inode, offset }: Tail,
): AsyncGenerator<string, void, undefined> {
  let file = await openExisting(path)
  let position = file !== undefined && (await file.stat()).ino === inode ? offset : 0
  while (true) {
    const bytes = file === undefined ? Buffer.alloc(0) : await readAt(file, position, BLOCK_BYTES)
    const end = bytes.lastIndexOf(10) + 1
    position += end
    yield* bytes.subarray(0, end).toString('utf8').split('\n').slice(0, -1)
    if (end > 0) continue
    const next = await openExisting(path)
    if (next !== undefined && (await next.stat()).ino !== (await file?.stat())?.ino) {
      await file?.close()
      file = next
      position = 0
      continue
    }
    await next?.close()
    // Polled: file notifications do not work across network and container file systems.
    await sleep(POLL_MS)
  }
}

async function openExisting(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length)
  const { bytesRead } = await file.read(buffer, 0, length, position)
  return buffer.subarray(0, bytesRead)
}

function newlines(bytes: Buffer): number {
  let found = 0
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) found++
  return found
}

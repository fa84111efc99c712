/** Reads a command's standard input. */
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type TempFolder, tempFolder } from '../client/files/temp-folder.ts'
import { ChatbotError, type ErrorCode } from '../domain/errors.ts'
import { bytes } from '../text/amounts.ts'
import { onInterrupt } from './interrupt.ts'

/** All of stdin as trimmed text; throws `code` beyond `maxBytes` to bound memory. */
export async function readStdin(maxBytes: number, code: ErrorCode): Promise<string> {
  if (process.stdin.isTTY) process.stderr.write('Reading from the terminal; end with Ctrl-D.\n')
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of process.stdin) {
    const part = Buffer.from(chunk)
    size += part.length
    if (size > maxBytes) {
      throw new ChatbotError(code, `The input from stdin is larger than the limit of ${bytes(maxBytes)}.`)
    }
    chunks.push(part)
  }
  return Buffer.concat(chunks).toString('utf8').trim()
}

/** Saves stdin to a file, removed when disposed: its size and hash must be known before it is sent. */
export async function stdinFile(): Promise<TempFolder> {
  const interrupt = onInterrupt()
  const folder = tempFolder()
  const path = join(folder.path, 'stdin')
  try {
    await pipeline(process.stdin, createWriteStream(path, { mode: 0o600 }), { signal: interrupt.first })
  } catch (error) {
    folder[Symbol.dispose]()
    throw interrupt.first.aborted ? new ChatbotError('cancelled', 'Nothing was ingested.') : error
  } finally {
    interrupt[Symbol.dispose]()
  }
  return { path, [Symbol.dispose]: () => folder[Symbol.dispose]() }
}

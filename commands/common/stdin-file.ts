import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ChatbotError } from '../../src/domain/errors.ts'
import { onInterrupt } from './interrupt.ts'
import { type TempFolder, tempFolder } from './temp-folder.ts'

/** All of stdin in a file that goes away when disposed: its size and hash must be known before it is sent. */
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

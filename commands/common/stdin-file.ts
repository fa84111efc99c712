import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ChatbotError } from '../../src/domain/errors.ts'
import { onInterrupt } from './interrupt.ts'

export interface StdinFile extends Disposable {
  readonly path: string
}

/** All of stdin in a file that goes away when disposed: its size and hash must be known before it is sent. */
export async function stdinFile(): Promise<StdinFile> {
  const interrupt = onInterrupt()
  const folder = mkdtempSync(join(tmpdir(), 'chatbot-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  const path = join(folder, 'stdin')
  try {
    await pipeline(process.stdin, createWriteStream(path, { mode: 0o600 }), { signal: interrupt.first })
  } catch (error) {
    remove()
    throw interrupt.first.aborted ? new ChatbotError('cancelled', 'Nothing was ingested.') : error
  } finally {
    interrupt[Symbol.dispose]()
  }
  return { path, [Symbol.dispose]: remove }
}

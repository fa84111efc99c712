import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ChatbotError } from '../../src/domain/errors.ts'
import type { DocumentParser, ParsedDocument, SourceFile } from '../../src/ports/parser.ts'
import { type ParserChild, type ParserLimits, startParserChild } from './parser-child.ts'

export interface DocumentParserOptions extends ParserLimits {
  /** Longest text of a document, in UTF-16 code units. */
  readonly maxTextLength: number
  /** Where the files of an embedding model lie. */
  folderOf: (reference: string) => Promise<string>
  /** For what is handed to a process; the system's for temporary files unless told. */
  readonly scratchDir?: string
  /** Documents read at once: a slow one does not hold up the others. */
  readonly processes?: number
  /** Time after which processes without work are ended. */
  readonly idleMs?: number
}

/**
 * Reads documents in processes of their own, started when there is work and ended when there is none. A document
 * that takes too long, needs too much memory or crashes its process is `parser_failed`; the next one gets a
 * new process.
 */
export function startDocumentParser(options: DocumentParserOptions): DocumentParser {
  const { folderOf, scratchDir = tmpdir(), maxTextLength, processes = 2, idleMs = 60_000 } = options
  const idle: ParserChild[] = []
  const waiting: Waiter[] = []
  const running = new Set<ParserChild>()
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const endIdle = async (): Promise<void> => {
    await Promise.all(idle.splice(0).map((child) => child.kill()))
  }
  const begin = (child: ParserChild): ParserChild => {
    running.add(child)
    return child
  }
  async function acquire(signal: AbortSignal | undefined): Promise<ParserChild> {
    clearTimeout(timer)
    for (let child = idle.pop(); child; child = idle.pop()) if (child.alive()) return begin(child)
    if (running.size < processes) return begin(startParserChild(options))
    const { promise, resolve, reject } = Promise.withResolvers<ParserChild>()
    const waiter: Waiter = { resolve, reject }
    const abort = () => {
      waiting.splice(waiting.indexOf(waiter), 1)
      reject(new ChatbotError('cancelled', 'Cancelled before it was parsed.'))
    }
    signal?.addEventListener('abort', abort, { once: true })
    waiting.push(waiter)
    return promise.finally(() => signal?.removeEventListener('abort', abort))
  }
  function release(child: ParserChild): void {
    running.delete(child)
    if (closed) return void child.kill()
    const next = waiting.shift()
    if (next) next.resolve(begin(child.alive() ? child : startParserChild(options)))
    else {
      if (child.alive()) idle.push(child)
      clearTimeout(timer)
      timer = setTimeout(endIdle, idleMs)
      timer.unref()
    }
  }

  return {
    async parse({ path, uri, password, model = 'builtin', signal }: SourceFile): Promise<ParsedDocument> {
      if (closed) throw stopping()
      const folder = await folderOf(model)
      const child = await acquire(signal)
      try {
        return await child.parse({ path, uri, password, model: folder, maxTextLength }, signal)
      } catch (thrown) {
        throw closed ? stopping() : thrown
      } finally {
        release(child)
      }
    },
    async recut(document, model, signal) {
      if (closed) throw stopping()
      const folder = await folderOf(model)
      const child = await acquire(signal)
      const path = join(scratchDir, `recut-${randomUUID()}`)
      try {
        await writeFile(path, JSON.stringify(document), { mode: 0o600, flag: 'wx' })
        const request = { path, uri: document.title, model: folder, maxTextLength, stored: true }
        return (await child.parse(request, signal)).chunks
      } catch (thrown) {
        throw closed ? stopping() : thrown
      } finally {
        release(child)
        await rm(path, { force: true })
      }
    },
    async close() {
      closed = true
      clearTimeout(timer)
      for (const { reject } of waiting.splice(0)) reject(stopping())
      await Promise.all([endIdle(), ...[...running].map((child) => child.kill())])
    },
  }
}

interface Waiter {
  readonly resolve: (child: ParserChild) => void
  readonly reject: (error: ChatbotError) => void
}

const stopping = (): ChatbotError =>
  new ChatbotError('draining', 'The daemon is stopping. Ingest again when it is back.')

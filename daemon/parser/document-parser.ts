import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ChatbotError } from '../../src/domain/errors.ts'
import { semaphore } from '../../src/domain/semaphore.ts'
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
  const running = new Set<ParserChild>()
  const places = semaphore(processes)
  const closing = new AbortController()
  let timer: NodeJS.Timeout | undefined

  const endIdle = async (): Promise<void> => {
    await Promise.all(idle.splice(0).map((child) => child.kill()))
  }
  function begin(): ParserChild {
    clearTimeout(timer)
    let child = idle.pop()
    while (child?.alive() === false) child = idle.pop()
    child ??= startParserChild(options)
    running.add(child)
    return child
  }
  function end(child: ParserChild): void {
    running.delete(child)
    if (closing.signal.aborted) return void child.kill()
    if (child.alive()) idle.push(child)
    clearTimeout(timer)
    timer = setTimeout(endIdle, idleMs)
    timer.unref()
  }
  async function inChild<T>(
    signal: AbortSignal | undefined,
    work: (child: ParserChild) => Promise<T>,
  ): Promise<T> {
    const stop = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal])
    try {
      const leave = await places.take({ signal: stop }).catch((): never => {
        throw new ChatbotError('cancelled', 'Cancelled before it was parsed.')
      })
      const child = begin()
      try {
        return await work(child)
      } finally {
        end(child)
        leave()
      }
    } catch (thrown) {
      throw closing.signal.aborted ? stopping() : thrown
    }
  }

  return {
    async parse({ path, uri, password, model = 'builtin', signal }: SourceFile): Promise<ParsedDocument> {
      const folder = await folderOf(model)
      return inChild(signal, (child) =>
        child.parse({ path, uri, password, model: folder, maxTextLength }, signal),
      )
    },
    async recut(document, model, signal) {
      const folder = await folderOf(model)
      return inChild(signal, async (child) => {
        const path = join(scratchDir, `recut-${randomUUID()}`)
        try {
          await writeFile(path, JSON.stringify(document), { mode: 0o600, flag: 'wx' })
          const request = { path, uri: document.title, model: folder, maxTextLength, stored: true }
          return (await child.parse(request, signal)).chunks
        } finally {
          await rm(path, { force: true })
        }
      })
    },
    async close() {
      closing.abort()
      clearTimeout(timer)
      await Promise.all([endIdle(), ...[...running].map((child) => child.kill())])
    },
  }
}

const stopping = (): ChatbotError =>
  new ChatbotError('draining', 'The daemon is stopping. Ingest again when it is back.')

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
  /** The folder of an embedding model. */
  folderOf: (reference: string) => Promise<string>
  /** For files passed to a process; default: the system's temporary folder. */
  readonly scratchDir?: string
  /** Documents parsed concurrently, so that a slow one does not block the others. */
  readonly processes?: number
  /** Idle time after which processes are ended. */
  readonly idleMs?: number
}

/**
 * Parses documents in separate processes, started on demand and ended when idle. A document that takes too long, needs
 * too much memory or crashes its process fails with `parser_failed`; the next one gets a new process.
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

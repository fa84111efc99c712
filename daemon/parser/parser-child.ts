import { type ChildProcess, fork } from 'node:child_process'
import { childEnvironment, residentMegabytes } from '../../models/child.ts'
import type { Chunk } from '../../src/domain/document.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import type { ParsedDocument } from '../../src/ports/parser.ts'
import { duration } from '../../src/text/amounts.ts'
import { type ParseReply, type ParseRequest, parseReplySchema } from './parser-messages.ts'

export interface ParserLimits {
  /** Resident memory of a parser process. */
  readonly memoryMegabytes: number
  /** Time for one document. */
  readonly timeoutMs: number
}

/** One parser process, which parses one document at a time. */
export interface ParserChild {
  /** Throws why the document is refused, `parser_failed` or `cancelled`; the process may then be dead. */
  parse: (request: ParseRequest, signal?: AbortSignal) => Promise<ParsedDocument>
  readonly alive: () => boolean
  kill: () => Promise<void>
}

const MODULE = new URL(`./parser-process${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)
const WATCH_MS = 200
const STDERR_TAIL_CHARACTERS = 4000

export function startParserChild({ memoryMegabytes, timeoutMs }: ParserLimits): ParserChild {
  const child = fork(MODULE, {
    serialization: 'advanced',
    env: childEnvironment(),
    execArgv: [`--max-old-space-size=${Math.floor(memoryMegabytes * 0.75)}`],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_TAIL_CHARACTERS)
  })
  let ended = false
  const exited = new Promise<ChatbotError>((resolve) => {
    child.once('error', (error) => {
      ended = true
      resolve(failed('could not be started', error.message))
    })
    child.once('close', (code, signal) => {
      ended = true
      resolve(
        stderr.includes('heap limit') || stderr.includes('out of memory')
          ? tooMuchMemory(memoryMegabytes)
          : failed(`ended unexpectedly (${signal ?? `exit code ${code}`})`),
      )
    })
  })
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
  }

  return {
    alive: () => !ended && !child.killed && child.connected,
    kill,
    async parse(request, signal) {
      let stop: (error: ChatbotError) => void = () => {}
      const stopped = new Promise<never>((_, reject) => {
        stop = (error) => {
          reject(error)
          child.kill('SIGKILL')
        }
      })
      const timer = setTimeout(() => stop(tooSlow(timeoutMs)), timeoutMs)
      const watch = setInterval(async () => {
        if ((await residentMegabytes(child.pid)) > memoryMegabytes) stop(tooMuchMemory(memoryMegabytes))
      }, WATCH_MS)
      const abort = () => stop(cancelled())
      signal?.addEventListener('abort', abort)
      try {
        if (signal?.aborted) throw cancelled()
        return await Promise.race([
          stopped,
          receive(child, request),
          exited.then((error) => {
            throw error
          }),
        ])
      } finally {
        clearTimeout(timer)
        clearInterval(watch)
        signal?.removeEventListener('abort', abort)
        child.removeAllListeners('message')
      }
    },
  }
}

function receive(child: ChildProcess, request: ParseRequest): Promise<ParsedDocument> {
  return new Promise((resolve, reject) => {
    const parts: string[] = []
    const chunks: Chunk[] = []
    let text: string | undefined
    const take = (reply: ParseReply) => {
      if (reply.type === 'text') parts.push(reply.text)
      else if (reply.type === 'chunks') {
        text ??= parts.join('')
        for (const chunk of reply.chunks) chunks.push(whole(chunk, text, chunks.length))
      } else if (reply.type === 'document') {
        const { type: _, ...document } = reply
        resolve({ ...document, text: text ?? parts.join(''), chunks })
      } else reject(new ChatbotError(reply.code, reply.message, { detail: reply.detail }))
    }
    child.on('message', (message: unknown) => {
      try {
        take(parseReplySchema.parse(message))
      } catch (thrown) {
        reject(ChatbotError.hide(thrown, 'parser_failed', 'The parser process sent an unexpected reply.'))
      }
    })
    child.send(request, (error) => {
      if (error) reject(failed('could not be reached', error.message))
    })
  })
}

type SlimChunk = Extract<ParseReply, { type: 'chunks' }>['chunks'][number]

function whole({ context, page, line, ...chunk }: SlimChunk, text: string, ordinal: number): Chunk {
  const own = text.slice(chunk.start, chunk.end)
  return {
    ...chunk,
    ordinal,
    text: own,
    embedText: context + own,
    page,
    line,
  }
}

const failed = (what: string, detail?: string): ChatbotError =>
  new ChatbotError('parser_failed', `The document parser ${what}.`, { detail })

const tooMuchMemory = (megabytes: number): ChatbotError =>
  failed(`needed more than ${megabytes} MB for this file (ingest.parserMemoryMegabytes)`)

const tooSlow = (ms: number): ChatbotError =>
  failed(`took longer than ${duration(ms)} for this file (ingest.parserTimeoutMs)`)

const cancelled = (): ChatbotError => new ChatbotError('cancelled', 'Cancelled while it was parsed.')

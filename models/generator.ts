import { type ChildProcess, fork } from 'node:child_process'
import { catching } from '../src/domain/catching.ts'
import { ChatbotError } from '../src/domain/errors.ts'
import type { GenerationPiece, LanguageModel } from '../src/ports/chat-model.ts'
import './no-telemetry.ts'
import { childEnvironment, residentMegabytes } from './child.ts'
import type { LocalGenerator } from './description.ts'
import { type GenerateCommand, type GenerateReply, generateReplySchema } from './generate-messages.ts'
import { checkMemory, loadError } from './loading.ts'
import { verifyModel } from './verify.ts'

export interface RunningGenerator extends LanguageModel {
  /** Id of the model's process, if it is running. */
  pid: () => number | undefined
  /** Ends the process at once; its answers fail with `draining`. */
  close: () => Promise<void>
}

export interface GeneratorOptions {
  readonly model: LocalGenerator
  /** The context window in tokens is the smaller of this and the model's. */
  readonly contextTokens: number
  readonly provider: string
  readonly threads: number
  /** Concurrent answers; as many more may wait. */
  readonly parallel: number
  /** Total size of the KV caches, including those kept for later answers. */
  readonly cacheBytes: number
  /** Resident memory of the process above which it is killed. */
  readonly memoryMegabytes: number
  /** Idle time after which the process is ended to free its memory. */
  readonly idleMs: number
}

const MODULE = new URL(
  `./generate-process${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`,
  import.meta.url,
)
const MAX_WAITING_PER_SLOT = 8
const WATCH_MS = 500
const STDERR_TAIL_CHARACTERS = 2000

interface Answer {
  push: (reply: GenerateReply) => void
  fail: (error: ChatbotError) => void
}

interface Running {
  readonly child: ChildProcess
  readonly loaded: Promise<void>
}

/**
 * A language model in a separate process, started with the first question. If it crashes or uses too much memory, its
 * answers fail, and the next question restarts it.
 */
export function createGenerator(options: GeneratorOptions): RunningGenerator {
  const { model, parallel, memoryMegabytes, idleMs } = options
  const contextTokens = Math.min(options.contextTokens, model.contextTokens)
  const answers = new Map<number, Answer>()
  let running: Running | undefined
  let idle: NodeJS.Timeout | undefined
  let lastId = 0
  let verified: Promise<void> | undefined
  let closed = false

  const failAll = (error: ChatbotError) => {
    for (const answer of [...answers.values()]) answer.fail(error)
  }
  const failed = (what: string, detail?: string) =>
    new ChatbotError(
      'engine_failed',
      `The process of the model ${model.name} ${what}. Ask again: it will be restarted.`,
      { detail },
    )

  function start(): Running {
    const child = fork(MODULE, {
      serialization: 'advanced',
      env: childEnvironment(['LD_LIBRARY_PATH', 'ORT_DISABLE_TELEMETRY']),
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let stderr = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_TAIL_CHARACTERS)
    })
    const { promise: loaded, resolve, reject } = Promise.withResolvers<void>()
    // It may fail when nobody is waiting any more.
    loaded.catch(() => undefined)
    let reason: ChatbotError | undefined
    const watch = setInterval(async () => {
      if ((await residentMegabytes(child.pid)) <= memoryMegabytes) return
      reason ??= failed(`needed more than ${memoryMegabytes} MB (its memoryMegabytes) and was ended`)
      child.kill('SIGKILL')
    }, WATCH_MS)
    watch.unref()
    const hear = (message: unknown) => {
      const reply = generateReplySchema.parse(message)
      if (reply.type === 'loaded') resolve()
      else if (reply.type === 'unloadable')
        reject(
          reply.code === undefined
            ? loadError(new Error(reply.message), model, options.provider)
            : new ChatbotError(reply.code, `The model ${model.name} cannot be used: ${reply.message}`, {
                detail: reply.detail,
              }),
        )
      else answers.get(reply.id)?.push(reply)
    }
    const misheard = () => {
      reason ??= failed('sent an invalid message and was ended')
      child.kill('SIGKILL')
    }
    child.on('message', catching(misheard, hear))
    const ended = (why: string, detail?: string) => {
      clearInterval(watch)
      if (running?.child === child) running = undefined
      const last = stderr.trim().split('\n').at(-1) ?? ''
      const error = reason ?? failed(why, detail ?? (last === '' ? undefined : last.slice(0, 200)))
      reject(error)
      failAll(error)
    }
    child.once('error', (error) => ended('could not be started', error.message))
    child.once('close', (code, signal) => ended(`ended by itself (${signal ?? `exit status ${code}`})`))
    send(child, {
      type: 'load',
      setup: {
        folder: model.folder,
        onnx: model.onnx,
        contextTokens,
        threads: options.threads,
        provider: options.provider,
        parallel,
        cacheBytes: options.cacheBytes,
      },
    })
    return { child, loaded }
  }

  async function runningChild(): Promise<ChildProcess> {
    if (running === undefined) {
      await checkMemory(model, 1, 'Use a smaller variant of the model, or a smaller model.')
      verified ??= verifyModel(model)
      await verified.catch((error: unknown) => {
        verified = undefined
        throw error
      })
      running ??= start()
    }
    const { child, loaded } = running
    await loaded.catch((error: unknown) => {
      if (running?.child === child) running = undefined
      child.kill('SIGKILL')
      throw error
    })
    return child
  }

  function stopWhenIdle(): void {
    clearTimeout(idle)
    if (answers.size > 0) return
    idle = setTimeout(() => {
      running?.child.kill('SIGKILL')
      running = undefined
    }, idleMs)
    idle.unref()
  }

  return {
    name: model.name,
    fingerprint: model.fingerprint,
    contextTokens,
    pid: () => running?.child.pid,
    async *stream(messages, settings, signal) {
      if (closed) throw stopping()
      if (answers.size >= parallel * (1 + MAX_WAITING_PER_SLOT)) {
        throw new ChatbotError(
          'overloaded',
          `The model ${model.name} is already working on ${parallel} answers, with ${answers.size - parallel} waiting. Ask again in a moment.`,
          { retryAfterMs: 2000 },
        )
      }
      const id = ++lastId
      const pieces: GenerationPiece[] = []
      let failure: unknown
      let wake = Promise.withResolvers<void>()
      const woken = () => {
        wake.resolve()
        wake = Promise.withResolvers()
      }
      const fail = (error: unknown) => {
        failure ??= error
        woken()
      }
      answers.set(id, {
        fail,
        push(reply) {
          if (reply.type === 'text' || reply.type === 'end') {
            const { id: _, ...piece } = reply
            pieces.push(piece)
          } else if (reply.type === 'failed')
            failure ??= new ChatbotError(reply.code, reply.message, { detail: reply.detail })
          woken()
        },
      })
      let child: ChildProcess | undefined
      const abort = () => fail(signal.reason)
      signal.addEventListener('abort', abort)
      try {
        signal.throwIfAborted()
        child = await runningChild()
        signal.throwIfAborted()
        send(child, {
          type: 'generate',
          id,
          messages: messages.map((message) => ({ ...message })),
          options: { ...settings, stop: [...settings.stop] },
        })
        for (;;) {
          const piece = pieces.shift()
          if (piece !== undefined) {
            yield piece
            if (piece.type === 'end') return
          } else if (failure !== undefined) throw failure
          else await wake.promise
        }
      } finally {
        signal.removeEventListener('abort', abort)
        answers.delete(id)
        if (child?.connected) send(child, { type: 'cancel', id })
        stopWhenIdle()
      }
    },
    async close() {
      closed = true
      clearTimeout(idle)
      const child = running?.child
      running = undefined
      failAll(stopping())
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
      const gone = new Promise<void>((resolve) => child.once('close', () => resolve()))
      child.kill('SIGKILL')
      await gone
    },
  }
}

/** A failed send is ignored: the process is exiting, and its exit is handled. */
function send(child: ChildProcess, command: GenerateCommand): void {
  child.send(command, () => undefined)
}

const stopping = () => new ChatbotError('draining', 'The daemon is stopping. Ask again when it is back.')

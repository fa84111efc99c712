import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { parse } from 'yaml'
import { z } from 'zod'
import { ChatbotError } from '../src/domain/errors.ts'
import type { Language } from '../src/domain/language.ts'
import type { Reranker } from '../src/domain/reranking.ts'
import type { RerankCommand, RerankReply } from './rerank-messages.ts'

export interface RunningReranker extends Reranker {
  /** Ends the thread after the passage in hand; what waits is rejected with `draining`. */
  close(): Promise<void>
}

/** Laid out as on the model hub; its README says the languages. */
const NETWORK = 'onnx/model_quantized.onnx'
const LANGUAGES: readonly Language[] = ['en', 'ru']
const WORKER = new URL(`./rerank-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)

interface Waiting {
  readonly resolve: (logits: readonly number[]) => void
  readonly reject: (error: ChatbotError) => void
}

/**
 * Loads a cross-encoder (BERT, one logit) from a folder into a thread of its own.
 * Throws `model_corrupt` when the folder does not hold one.
 */
export async function startReranker(folder: string): Promise<RunningReranker> {
  const languages = languagesOf(folder)
  const thread = new Worker(WORKER, { workerData: { folder, onnx: NETWORK }, name: 'rerank' })
  const { promise: ready, resolve: loaded, reject: notLoaded } = Promise.withResolvers<void>()
  const exited = new Promise<void>((done) => {
    thread.once('exit', () => done())
  })
  const waiting = new Map<number, Waiting>()
  let ended: ChatbotError | undefined
  let lastId = 0

  const end = (error: ChatbotError) => {
    ended ??= error
    notLoaded(error)
    for (const { reject } of waiting.values()) reject(ended)
    waiting.clear()
  }
  thread.on('message', (reply: RerankReply) => {
    if (reply.type === 'ready') return loaded()
    const request = waiting.get(reply.id)
    waiting.delete(reply.id)
    if (reply.type === 'reranked') request?.resolve(reply.logits)
    else request?.reject(new ChatbotError('internal', `The reranker failed: ${reply.message}`))
  })
  thread.on('error', (error) => {
    end(ChatbotError.wrap(error, 'model_corrupt', `The reranker in ${folder} could not be used: `))
  })
  thread.on('exit', () => end(new ChatbotError('internal', 'The reranker ended by itself.')))
  const send = (command: RerankCommand) => thread.postMessage(command)

  await ready
  return {
    name: basename(folder),
    languages,
    async rerank(question, passages, { withinMs, signal }) {
      if (ended !== undefined) throw ended
      if (passages.length === 0) return []
      signal.throwIfAborted()
      const id = ++lastId
      const { promise, resolve, reject } = Promise.withResolvers<readonly number[]>()
      waiting.set(id, { resolve, reject })
      const abort = () => {
        waiting.delete(id)
        send({ type: 'cancel', id })
        reject(new ChatbotError('cancelled', 'Cancelled while passages were reranked.'))
      }
      signal.addEventListener('abort', abort, { once: true })
      send({ type: 'rerank', id, question, passages, deadline: Date.now() + withinMs })
      return promise.finally(() => signal.removeEventListener('abort', abort))
    },
    async close() {
      end(new ChatbotError('draining', 'The daemon is stopping. Ask again when it is back.'))
      // Not terminate(): it aborts the whole process when the thread is inside ONNX Runtime.
      send({ type: 'close' })
      await exited
    },
  }
}

const frontMatterSchema = z.object({
  language: z.union([z.string().transform((one) => [one]), z.array(z.string())]),
})

/** What the front matter of the model's README lists, as on the model hub. */
function languagesOf(folder: string): Language[] {
  const readme = join(folder, 'README.md')
  try {
    const [, yaml = ''] = /^---\n(.*?)\n---\n/su.exec(readFileSync(readme, 'utf8')) ?? []
    const { language } = frontMatterSchema.parse(parse(yaml))
    return LANGUAGES.filter((known) => language.includes(known))
  } catch (thrown) {
    throw ChatbotError.wrap(
      thrown,
      'model_corrupt',
      `${readme} does not say which languages the reranker reads (\`language:\` between \`---\` lines): `,
    )
  }
}

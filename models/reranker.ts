import { Worker } from 'node:worker_threads'
import { ChatbotError } from '../src/domain/errors.ts'
import { LANGUAGES } from '../src/domain/language.ts'
import type { Reranker } from '../src/ports/reranker.ts'
import './no-telemetry.ts'
import type { LocalReranker } from './description.ts'
import { checkMemory, loadError } from './loading.ts'
import type { RerankCommand, RerankReply } from './rerank-messages.ts'
import { verifyModel } from './verify.ts'

export interface RunningReranker extends Reranker {
  /** Ends the thread after the current passage; waiting requests are rejected with `draining`. */
  close: () => Promise<void>
}

const WORKER = new URL(`./rerank-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)

interface Waiting {
  readonly resolve: (logits: readonly number[]) => void
  readonly reject: (error: ChatbotError) => void
}

/**
 * Verifies a cross-encoder's files and loads it in a separate thread. Throws `model_corrupt`, `model_too_large` and
 * `provider_unavailable`.
 */
export async function startReranker(model: LocalReranker, provider = 'cpu'): Promise<RunningReranker> {
  const { folder, onnx, maxTokens, languages } = model
  await verifyModel(model)
  await checkMemory(model, 1, 'Use a smaller variant of the model.')
  const thread = new Worker(WORKER, { workerData: { folder, onnx, maxTokens, provider }, name: 'rerank' })
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
    else request?.reject(new ChatbotError('internal', 'The reranker failed.', { detail: reply.message }))
  })
  thread.on('error', (error) => {
    end(loadError(error, model, provider))
  })
  thread.on('exit', () => end(new ChatbotError('internal', 'The reranker stopped unexpectedly.')))
  const send = (command: RerankCommand) => thread.postMessage(command)

  await ready
  return {
    name: model.fingerprint,
    languages: languages.includes('multilingual')
      ? LANGUAGES
      : LANGUAGES.filter((one) => languages.includes(one)),
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

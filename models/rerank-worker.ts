/**
 * A thread that reads question and passage together, one pair at a time: onnxruntime-node computes on the thread
 * that calls it.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { Tokenizer } from '@huggingface/tokenizers'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import {
  type RerankCommand,
  type RerankReply,
  type RerankRequest,
  rerankWorkerDataSchema,
} from './rerank-messages.ts'

/** Positions of a BERT. */
const MAX_TOKENS = 512
/** UTF-16 code units of a question that are read, so that room for a passage is left. */
const QUESTION = 600

const port = parentPort
if (!port) throw new Error('rerank-worker runs as a worker thread')
const { folder, onnx } = rerankWorkerDataSchema.parse(workerData)
const json = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'))
const tokenizer = new Tokenizer(json('tokenizer.json'), json('tokenizer_config.json'))
const session = await InferenceSession.create(join(folder, onnx), {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  enableMemPattern: false,
})

let closing = false
const cancelled = new Set<number>()
/** One request after the other; each ends at its own deadline. */
let last: Promise<void> = Promise.resolve()

port.on('message', (command: RerankCommand) => {
  if (command.type === 'cancel') cancelled.add(command.id)
  else if (command.type === 'rerank') last = last.then(() => rerank(command))
  else {
    closing = true
    port.close()
  }
})
reply({ type: 'ready' })

async function rerank({ id, question, passages, deadline }: RerankRequest): Promise<void> {
  try {
    const logits: number[] = []
    for (const passage of passages) {
      // Lets a cancellation be heard.
      await setImmediate()
      if (closing || cancelled.has(id) || Date.now() >= deadline) break
      logits.push(await logitOf(question.slice(0, QUESTION), passage))
    }
    reply({ type: 'reranked', id, logits })
  } catch (thrown) {
    reply({ type: 'failed', id, message: thrown instanceof Error ? thrown.message : String(thrown) })
  }
  cancelled.delete(id)
}

async function logitOf(question: string, passage: string): Promise<number> {
  const encoded = tokenizer.encode(question, { text_pair: passage, return_token_type_ids: true })
  const ids = cut(encoded.ids)
  const types = cut(encoded.token_type_ids ?? [])
  const shape = [1, ids.length]
  const output = await session.run({
    input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), shape),
    attention_mask: new Tensor('int64', new BigInt64Array(ids.length).fill(1n), shape),
    token_type_ids: new Tensor('int64', BigInt64Array.from(types, BigInt), shape),
  })
  const logit = output.logits?.data[0]
  if (typeof logit !== 'number') throw new Error('the model gave no logits')
  return logit
}

/** Keeps the last one, which ends the passage. */
const cut = (list: readonly number[]): number[] =>
  list.length <= MAX_TOKENS ? [...list] : [...list.slice(0, MAX_TOKENS - 1), ...list.slice(-1)]

function reply(message: RerankReply): void {
  port?.postMessage(message)
}

/**
 * A thread that reads question and passage together, one pair at a time, because onnxruntime-node computes on the
 * calling thread.
 */
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { errorText } from '../src/domain/errors.ts'
import { float32 } from './float16.ts'
import {
  type RerankCommand,
  type RerankReply,
  type RerankRequest,
  rerankWorkerDataSchema,
} from './rerank-messages.ts'
import { feedsOf, openSession } from './session.ts'
import { loadTokenizer } from './tokenizer.ts'

/** UTF-16 code units of the question to read, to leave room for a passage. */
const MAX_QUESTION_CHARACTERS = 600

const port = parentPort
if (!port) throw new Error('rerank-worker runs as a worker thread')
const { folder, onnx, maxTokens, provider } = rerankWorkerDataSchema.parse(workerData)
const tokenizer = loadTokenizer(folder)
const session = await openSession(join(folder, onnx), { threads: 1, provider })
const feeds = feedsOf(session.inputMetadata)
await logitOf('probe', 'probe')

let closing = false
const cancelled = new Set<number>()
/** Requests run one after the other; each has its deadline. */
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
      // Lets cancellations arrive.
      await setImmediate()
      if (closing || cancelled.has(id) || Date.now() >= deadline) break
      logits.push(await logitOf(question.slice(0, MAX_QUESTION_CHARACTERS), passage))
    }
    reply({ type: 'reranked', id, logits })
  } catch (thrown) {
    reply({ type: 'failed', id, message: errorText(thrown) })
  }
  cancelled.delete(id)
}

async function logitOf(question: string, passage: string): Promise<number> {
  const { ids, types } = tokenizer.encodePair(question, passage, maxTokens)
  const { logits } = await session.run(feeds(ids, types))
  if (logits === undefined) throw new Error('the network gives no logits')
  const [logit = Number.NaN, ...others] = float32(logits)
  if (others.length > 0 || Number.isNaN(logit))
    throw new Error('the network does not give one score for a pair of texts')
  return logit
}

function reply(message: RerankReply): void {
  port?.postMessage(message)
}

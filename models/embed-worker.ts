/**
 * A thread that embeds one text at a time: onnxruntime-node computes on the thread that calls it. Batches
 * would be no faster and would make a text's vector depend on its neighbours.
 */
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { wordsOf } from '../src/domain/errors.ts'
import { type EmbedCommand, type EmbedReply, type EmbedRequest, workerDataSchema } from './embed-messages.ts'
import { sentenceVector } from './pooling.ts'
import { feedsOf, openSession } from './session.ts'
import { loadTokenizer } from './tokenizer.ts'

const port = parentPort
if (!port) throw new Error('embed-worker runs as a worker thread')
const { folder, onnx, maxTokens, dimensions, pooling, threads, provider } = workerDataSchema.parse(workerData)
const tokenizer = loadTokenizer(folder)
const session = await openSession(join(folder, onnx), { threads, provider })
const feeds = feedsOf(session.inputMetadata)
const { length } = await vectorOf(tokenizer.encode('probe', maxTokens).ids)
if (length !== dimensions)
  throw new Error(`the network gives vectors of ${length} numbers, config.json states ${dimensions}`)

const urgent: EmbedRequest[] = []
const waiting: EmbedRequest[] = []
let running = false

port.on('message', (command: EmbedCommand) => {
  if (command.type === 'close') {
    urgent.length = 0
    waiting.length = 0
    port.close()
  } else {
    if (command.urgent) urgent.push(command)
    else waiting.push(command)
    void work()
  }
})
reply({ type: 'ready' })

async function work(): Promise<void> {
  if (running) return
  running = true
  while (urgent.length + waiting.length > 0) {
    // Lets a question that has arrived during the last computation go first.
    await setImmediate()
    const request = urgent.shift() ?? waiting.shift()
    if (request) await embed(request)
  }
  running = false
}

async function embed({ id, text }: EmbedRequest): Promise<void> {
  try {
    const { ids, unknown, truncated } = tokenizer.encode(text, maxTokens)
    const vector = await vectorOf(ids)
    reply({ type: 'embedded', id, vector, tokens: ids.length, unknown, truncated }, [vector.buffer])
  } catch (thrown) {
    reply({ type: 'failed', id, message: wordsOf(thrown) })
  }
}

async function vectorOf(ids: readonly number[]): Promise<Float32Array<ArrayBuffer>> {
  const output = await session.run(feeds(ids))
  return sentenceVector(output, pooling)
}

function reply(message: EmbedReply, transfer: ArrayBuffer[] = []): void {
  port?.postMessage(message, transfer)
}

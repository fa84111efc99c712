/**
 * A thread that embeds one text at a time: onnxruntime-node computes on the thread that calls it. Batches
 * would be no faster and would make a text's vector depend on its neighbours.
 */
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { type EmbedCommand, type EmbedReply, type EmbedRequest, workerDataSchema } from './embed-messages.ts'
import { loadTokenizer } from './tokenizer.ts'

const port = parentPort
if (!port) throw new Error('embed-worker runs as a worker thread')
const { folder, onnx, maxTokens, threads } = workerDataSchema.parse(workerData)
const tokenizer = loadTokenizer(folder)
const session = await InferenceSession.create(join(folder, onnx), {
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  // Plans memory for every length of input it meets, and keeps it: 200 MB more after 240 passages.
  enableMemPattern: false,
  // Spinning threads halve the throughput of a busy machine.
  extra: { session: { intra_op: { allow_spinning: '0' } } },
})

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
    const shape = [1, ids.length]
    const output = await session.run({
      input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), shape),
      attention_mask: new Tensor('int64', new BigInt64Array(ids.length).fill(1n), shape),
    })
    const data = output.sentence_embedding?.data
    if (!(data instanceof Float32Array)) throw new Error('the model gave no float32 sentence_embedding')
    const vector = Float32Array.from(data)
    reply({ type: 'embedded', id, vector, tokens: ids.length, unknown, truncated }, [vector.buffer])
  } catch (thrown) {
    reply({ type: 'failed', id, message: thrown instanceof Error ? thrown.message : String(thrown) })
  }
}

function reply(message: EmbedReply, transfer: ArrayBuffer[] = []): void {
  port?.postMessage(message, transfer)
}

/**
 * A thread that embeds one text at a time, because onnxruntime-node computes on the calling thread. Batches would be no
 * faster, and would make a text's vector depend on its neighbours.
 */
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { errorText } from '../src/domain/errors.ts'
import {
  type EmbedCommand,
  type EmbedReply,
  type EmbedRequest,
  type Encoding,
  type TokenVectors,
  workerDataSchema,
} from './embed-messages.ts'
import { sentenceOutput, sentenceVector, tokenVectors } from './pooling.ts'
import { feedsOf, openSession } from './session.ts'
import { type Encoded, type Located, loadTokenizer } from './tokenizer.ts'

const port = parentPort
if (!port) throw new Error('embed-worker runs as a worker thread')
const { folder, onnx, maxTokens, dimensions, pooling, tokenOutput, threads, provider } =
  workerDataSchema.parse(workerData)
const tokenizer = loadTokenizer(folder)
const session = await openSession(join(folder, onnx), { threads, provider })
const feeds = feedsOf(session.inputMetadata)
const sentence = sentenceOutput(session.outputNames)
const { length } = (await encode({ prefix: '', text: 'probe', tokens: false })).vector
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
    // Lets a question that arrived during the last computation go first.
    await setImmediate()
    const request = urgent.shift() ?? waiting.shift()
    if (request) await embed(request)
  }
  running = false
}

async function embed(request: EmbedRequest): Promise<void> {
  const { id } = request
  try {
    const encoding = await encode(request)
    const { vector, tokenVectors: own } = encoding
    const arrays = own === undefined ? [vector] : [vector, own.vectors, own.starts, own.ends]
    reply(
      { type: 'embedded', id, encoding },
      arrays.map(({ buffer }) => buffer),
    )
  } catch (thrown) {
    reply({ type: 'failed', id, message: errorText(thrown) })
  }
}

type Input = Pick<EmbedRequest, 'prefix' | 'text' | 'tokens'>

async function encode({ prefix, text, tokens }: Input): Promise<Encoding> {
  if (!tokens) {
    const encoded = tokenizer.encode(prefix + text, maxTokens)
    return sentenceOf(encoded, await outputs(encoded, [sentence]))
  }
  if (tokenOutput === undefined) throw new Error('the network gives no token vectors')
  const located = tokenizer.locate(prefix + text, maxTokens)
  const given = await outputs(located, [sentence, tokenOutput])
  return {
    ...sentenceOf(located, given),
    tokenVectors: ownTokens(located, given[tokenOutput], prefix.length),
  }
}

/** Copies only the fetched outputs out of the network. */
function outputs({ ids }: Encoded, names: readonly string[]) {
  return session.run(feeds(ids), names)
}

function sentenceOf(
  { ids, unknown, truncated }: Encoded,
  given: InferenceSession.OnnxValueMapType,
): Encoding {
  return { vector: sentenceVector(given[sentence], pooling), tokens: ids.length, unknown, truncated }
}

/** Without the prefix. */
function ownTokens({ spans }: Located, output: Tensor | undefined, prefix: number): TokenVectors {
  const own = spans.filter(({ start }) => start >= prefix)
  const first = 1 + spans.length - own.length
  return {
    vectors: tokenVectors(output, dimensions, first, first + own.length),
    starts: Int32Array.from(own, ({ start }) => start - prefix),
    ends: Int32Array.from(own, ({ end }) => end - prefix),
  }
}

function reply(message: EmbedReply, transfer: ArrayBuffer[] = []): void {
  port?.postMessage(message, transfer)
}

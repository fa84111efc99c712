/**
 * Tokens a second of a local language model against a bare onnxruntime-node loop with the same buffers and against
 * @huggingface/transformers in the same run,
 * with 100 and with 1,000 tokens of context; time to the first token of a second turn; delay of this process's event loop.
 *
 *     node bench/generate.ts [../shared/models/SmolLM2-135M-Instruct] [rounds]
 */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { loadChat } from '../models/chat.ts'
import { createGenerator } from '../models/generator.ts'
import { installedGenerator } from '../models/installed.ts'
import type { ChatMessage } from '../src/ports/chat-model.ts'
import { peerGenerator } from './peer.ts'

const TOKENS = 64
const folder = resolve(process.argv[2] ?? '../shared/models/SmolLM2-135M-Instruct')
const rounds = Number(process.argv[3] ?? 3)
if (!existsSync(folder)) {
  console.log(`${folder} is not there: nothing was measured. Name the folder of a model with fixed buffers.`)
  process.exit(0)
}

const model = await installedGenerator(folder, '')
const chat = loadChat(folder)
const generator = createGenerator({
  model,
  contextTokens: 4096,
  provider: 'cpu',
  threads: 2,
  parallel: 1,
  cacheBytes: 2_000_000_000,
  memoryMegabytes: 8192,
  idleMs: 600_000,
})
const bare = await bareLoop(join(folder, model.onnx))
const peer = await peerGenerator(folder)
const loop = monitorEventLoopDelay({ resolution: 10 })

const results = new Map<string, number[]>()
const note = (name: string, value: number) => results.set(name, [...(results.get(name) ?? []), value])
const median = (name: string) => {
  const sorted = (results.get(name) ?? []).toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

for (let round = 0; round <= rounds; round++) {
  for (const context of [100, 1000]) {
    const messages = promptOf(context, round)
    const ids = chat.encode(messages)
    const ours = await timed(messages)
    const theirs = await bare(ids)
    const peers = await peer.decode(ids, TOKENS)
    const second = await timed([
      ...messages,
      { role: 'assistant', content: ours.text },
      { role: 'user', content: 'Say that again in other words.' },
    ])
    // The first round warms everything up.
    if (round === 0) continue
    note(`ours ${context}`, ours.perSecond)
    note(`bare ${context}`, theirs)
    note(`peer ${context}`, peers)
    note(`second turn ${context}`, second.firstMs / ours.firstMs)
  }
}
const p99 = loop.percentile(99) / 1e6 - 10
const resident =
  Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${generator.pid()}/status`, 'utf8'))?.[1]) / 1024
await generator.close()
await peer.close()

const print = (name: string, value: string) => console.log(name.padEnd(62), value)
for (const context of [100, 1000]) {
  const ratio = median(`ours ${context}`) / median(`bare ${context}`)
  print(
    `tokens/s at ${context} tokens of context`,
    `${median(`ours ${context}`).toFixed(1)}, bare loop ${median(`bare ${context}`).toFixed(1)}: ${ratio.toFixed(2)}; @huggingface/transformers ${median(`peer ${context}`).toFixed(1)} (batch 1)`,
  )
}
print('1,000 tokens of context against 100', (median('ours 1000') / median('ours 100')).toFixed(2))
print('first token of the second turn against the first, 1,000 tokens', median('second turn 1000').toFixed(2))
print('event loop delay of this process, p99', `${Math.max(0, p99).toFixed(1)} ms`)
print('peak memory of the process of the model', `${Math.round(resident)} MB`)
print('rounds', String(rounds))

/** Another beginning each round: nothing of an earlier one is in the cache. */
function promptOf(tokens: number, round: number): ChatMessage[] {
  const sentence = 'The lighthouse keeper wrote the hour and the wind into the long grey book. '
  let text = `Round ${round} of ${tokens}. `
  while (chat.encode([{ role: 'user', content: text }]).length < tokens - 16) text += sentence
  return [{ role: 'user', content: `${text}Tell a story about it.` }]
}

async function timed(messages: readonly ChatMessage[]) {
  const began = performance.now()
  let firstMs = 0
  let text = ''
  loop.enable()
  const options = {
    maxTokens: TOKENS,
    temperature: 0,
    topK: 0,
    topP: 1,
    minP: 0,
    repetitionPenalty: 1,
    stop: [],
  }
  for await (const piece of generator.stream(messages, options, new AbortController().signal)) {
    if (piece.type === 'text') {
      firstMs ||= performance.now() - began
      text += piece.text
    } else {
      loop.disable()
      const ms = performance.now() - began - firstMs
      return { text, firstMs, perSecond: ((piece.completionTokens - 1) / ms) * 1000 }
    }
  }
  throw new Error('the answer had no end')
}

/** The same network with buffers of fixed size, nothing around it; gives decoded tokens a second. */
async function bareLoop(path: string): Promise<(ids: readonly number[]) => Promise<number>> {
  const session = await InferenceSession.create(path, {
    intraOpNumThreads: 2,
    interOpNumThreads: 1,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  })
  const caches = session.inputMetadata.flatMap((input) => {
    if (!input.name.startsWith('past_key_values.') || !input.isTensor) return []
    const [, heads, , size] = input.shape
    return [
      {
        past: input.name,
        present: input.name.replace('past_key_values', 'present'),
        heads: Number(heads),
        size: Number(size),
      },
    ]
  })
  return async (ids) => {
    const capacity = ids.length + TOKENS
    const buffers = caches.map(({ past, present, heads, size }) => ({
      past,
      present,
      tensor: new Tensor('float32', new Float32Array(heads * capacity * size), [1, heads, capacity, size]),
    }))
    const step = async (tokens: readonly number[], total: number) => {
      const feeds: Record<string, Tensor> = {
        input_ids: new Tensor('int64', BigInt64Array.from(tokens, BigInt), [1, tokens.length]),
        attention_mask: new Tensor('int64', new BigInt64Array(total).fill(1n), [1, total]),
        num_logits_to_keep: new Tensor('int64', new BigInt64Array([1n]), []),
      }
      const fetches: Record<string, Tensor | null> = { logits: null }
      for (const { past, present, tensor } of buffers) {
        feeds[past] = tensor
        fetches[present] = tensor
      }
      const { logits, ...copies } = await session.run(feeds, fetches)
      // What onnxruntime-node has copied: see models/causal.ts.
      for (const { data } of Object.values(copies))
        if (ArrayBuffer.isView(data) && data.buffer instanceof ArrayBuffer) data.buffer.transfer(0)
      const data = logits?.data
      if (!(data instanceof Float32Array)) throw new Error('the network gives no logits')
      let best = 0
      for (let id = 1; id < data.length; id++) if ((data[id] ?? 0) > (data[best] ?? 0)) best = id
      return best
    }
    let next = await step(ids, ids.length)
    const began = performance.now()
    for (let i = 1; i < TOKENS; i++) next = await step([next], ids.length + i)
    return ((TOKENS - 1) / (performance.now() - began)) * 1000
  }
}

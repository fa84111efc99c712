/**
 * Token ids, vectors and logits against what Python's onnxruntime and tokenizers give for the same files. Takes a
 * folder of models with their `reference.json`; fails when one differs by more than rounding.
 *
 *     node bench/reference.ts [../shared/models]
 */

import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { loadChat } from '../models/chat.ts'
import { startEmbedder } from '../models/embedder.ts'
import { createGenerator } from '../models/generator.ts'
import { installedEmbedder, installedGenerator, installedReranker } from '../models/installed.ts'
import { startReranker } from '../models/reranker.ts'
import { loadTokenizer } from '../models/tokenizer.ts'
import { cosine } from '../src/domain/cosine.ts'

const LEAST_COSINE = 0.999
const MOST_OFF = 0.05

const folder = resolve(process.argv[2] ?? '../shared/models')
if (!existsSync(join(folder, 'reference.json'))) {
  console.log(`${folder} holds no reference.json: no model was compared.`)
  process.exit(0)
}
const embedded = z.object({
  input: z.string(),
  /** `…` stands for those in the middle of a long text. */
  ids: z.array(z.union([z.int(), z.literal('…')])),
  vector: z.array(z.number()),
})
const reranked = z.object({
  query: z.string(),
  passage: z.string(),
  ids: z.array(z.int()),
  type_ids: z.array(z.int()),
  logit: z.number(),
})
const written = z.object({
  messages: z.array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })),
  prompt_ids: z.array(z.int()),
  greedy_ids: z.array(z.int()),
  text: z.string(),
  smallest_margin: z.number(),
})
const reference = z
  .object({
    'multilingual-e5-small-en-ru': z.array(embedded),
    'bge-small-en-v1.5': z.array(embedded),
    'ms-marco-MiniLM-L-12-v2': z.array(reranked),
    'SmolLM2-135M-Instruct': z.array(written),
  })
  .parse(JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8')))

let missed = false
const bound = (held: boolean) => {
  missed ||= !held
  return held ? '' : '  ✗'
}

for (const name of ['multilingual-e5-small-en-ru', 'bge-small-en-v1.5'] as const) {
  const model = await installedEmbedder(join(folder, name), '')
  const tokenizer = loadTokenizer(model.folder)
  const embedder = await startEmbedder({ model, workers: 1 })
  let sameIds = 0
  let least = 1
  for (const { input, ids, vector } of reference[name]) {
    const as = model.prefixes.query !== '' && input.startsWith(model.prefixes.query) ? 'query' : 'passage'
    const text = input.slice(model.prefixes[as].length)
    const encoded = tokenizer.encode(model.prefixes[as] + text, model.maxTokens).ids
    const [head = '', tail = ''] = ids.join().split(',…,')
    const found = encoded.join()
    if (tail === '' ? found === head : found.startsWith(head) && found.endsWith(tail)) sameIds++
    const [embedding] = await embedder.embed([text], { as, priority: 'ingest' })
    least = Math.min(least, cosine(embedding?.vector ?? [], vector))
  }
  await embedder.close()
  const count = reference[name].length
  console.log(
    `${name}: token ids equal ${sameIds} of ${count}, least cosine ${least.toFixed(5)}${bound(sameIds === count && least >= LEAST_COSINE)}`,
  )
}

await compareWriting('SmolLM2-135M-Instruct')

const NAME = 'ms-marco-MiniLM-L-12-v2'
const model = await installedReranker(join(folder, NAME), '')
const tokenizer = loadTokenizer(model.folder)
const reranker = await startReranker(model)
let sameIds = 0
let most = 0
for (const { query, passage, ids, type_ids, logit } of reference[NAME]) {
  const pair = tokenizer.encodePair(query, passage, model.maxTokens)
  if (pair.ids.join() === ids.join() && pair.types.join() === type_ids.join()) sameIds++
  const signal = new AbortController().signal
  const [found = Number.NaN] = await reranker.rerank(query, [passage], { withinMs: 60_000, signal })
  most = Math.max(most, Math.abs(found - logit))
}
await reranker.close()
console.log(
  `${NAME}: token ids equal ${sameIds} of ${reference[NAME].length}, logits off by ${most.toFixed(4)} at most${bound(sameIds === reference[NAME].length && most <= MOST_OFF)}`,
)
process.exit(missed ? 1 : 0)

/** Greedy texts; where two tokens were nearly as likely another implementation may choose the other. */
async function compareWriting(name: 'SmolLM2-135M-Instruct'): Promise<void> {
  const chat = loadChat(join(folder, name))
  const generator = createGenerator({
    model: await installedGenerator(join(folder, name), ''),
    contextTokens: 4096,
    provider: 'cpu',
    threads: 2,
    parallel: 2,
    cacheBytes: 2_000_000_000,
    memoryMegabytes: 8192,
    idleMs: 60_000,
  })
  let prompts = 0
  let texts = 0
  for (const { messages, prompt_ids, greedy_ids, text, smallest_margin } of reference[name]) {
    if (chat.encode(messages).join() === prompt_ids.join()) prompts++
    const options = { temperature: 0, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, stop: [] }
    let found = ''
    const stream = generator.stream(
      messages,
      { ...options, maxTokens: greedy_ids.length },
      new AbortController().signal,
    )
    for await (const piece of stream) if (piece.type === 'text') found += piece.text
    if (found === text || smallest_margin < 0.01) texts++
  }
  await generator.close()
  const count = reference[name].length
  console.log(
    `${name}: prompts equal ${prompts} of ${count}, greedy texts ${texts} of ${count}${bound(prompts === count && texts === count)}`,
  )
}

/**
 * Passages a second through the embedder, against a bare onnxruntime-node loop over the same texts in the same
 * run and @huggingface/transformers, and how far the host's event loop is held up meanwhile. First, of the processor: what a
 * thousand tokens cost without and with their vectors, and to compare them with a question; and what the workers hold.
 *
 *     node bench/embedding.ts [rounds]
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { builtinModel } from '../models/builtin.ts'
import { startEmbedder } from '../models/embedder.ts'
import { lateInteraction } from '../models/late-interaction.ts'
import { loadTokenizer } from '../models/tokenizer.ts'
import { peerEmbedder } from './peer.ts'

/** Passages that @huggingface/transformers takes at once. */
const BATCHES = [1, 4, 16]
const ROUNDS = Number(process.argv[2] ?? 3)
const model = builtinModel()
const tokenizer = loadTokenizer(model.folder)
const texts = passages(96)
const encoded = texts.map((text) => tokenizer.encode(model.prefixes.passage + text, model.maxTokens).ids)
const tokens = encoded.reduce((sum, ids) => sum + ids.length, 0)

interface Result {
  readonly name: string
  readonly perSecond: number[]
  loopP99: number
  rss: number
}

await tokenCosts()

const results: Result[] = []

/** Runs every way once a round, so that all meet the same state of the machine. */
const ways = [
  await bareLoop(1),
  await bareLoop(2),
  await embedder(2, 1),
  await embedder(1, 2),
  await embedder(1, 1),
  ...(await peers()),
]
for (let round = 0; round <= ROUNDS; round++) {
  for (const way of ways) {
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    const start = performance.now()
    await way.run()
    const seconds = (performance.now() - start) / 1000
    delay.disable()
    if (round === 0) continue
    way.result.perSecond.push(texts.length / seconds)
    way.result.loopP99 = Math.max(way.result.loopP99, delay.percentile(99) / 1e6)
    way.result.rss = process.memoryUsage.rss() / 1e6
  }
}
for (const way of ways) await way.close()

const best = (result: Result): number => Math.max(...result.perSecond)
const base = Math.max(...results.filter(({ name }) => name.startsWith('bare')).map(best))
console.log(
  `${texts.length} passages of ${Math.round(tokens / texts.length)} tokens, best of ${ROUNDS} rounds\n`,
)
console.log('way                          passages/s   of the best bare loop   loop delay p99')
for (const result of results)
  console.log(
    [
      result.name.padEnd(28),
      best(result).toFixed(1).padStart(11),
      (best(result) / base).toFixed(2).padStart(24),
      !result.name.startsWith('embedder') ? ''.padStart(17) : `${result.loopP99.toFixed(1)} ms`.padStart(17),
    ].join(''),
  )
const peer = results
  .filter(({ name }) => name.startsWith('transformers'))
  .toSorted((a, b) => best(b) - best(a))[0]
const ours = Math.max(...results.filter(({ name }) => name.startsWith('embedder')).map(best))
if (peer !== undefined)
  console.log(
    `\n@huggingface/transformers at its best batch: ${best(peer).toFixed(1)} (${peer.name}); ours ${ours.toFixed(1)}`,
  )
console.log(`\nResident memory with all of them loaded: ${Math.round(results.at(-1)?.rss ?? 0)} MB`)

function measured(name: string): Result {
  const result: Result = { name, perSecond: [], loopP99: 0, rss: 0 }
  results.push(result)
  return result
}

async function bareLoop(threads: number) {
  const session = await InferenceSession.create(join(model.folder, model.onnx), {
    intraOpNumThreads: threads,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  })
  return {
    result: measured(`bare loop, ${threads} thread${threads > 1 ? 's' : ''}`),
    async run() {
      for (const ids of encoded) {
        const shape = [1, ids.length]
        await session.run({
          input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), shape),
          attention_mask: new Tensor('int64', new BigInt64Array(ids.length).fill(1n), shape),
        })
      }
    },
    close: () => session.release(),
  }
}

async function peers() {
  const peer = await peerEmbedder(model.folder)
  return BATCHES.map((batch, i) => ({
    result: measured(`transformers, batch ${batch}`),
    run: () =>
      peer.embed(
        texts.map((text) => model.prefixes.passage + text),
        batch,
      ),
    close: async () => {
      if (i === 0) await peer.close()
    },
  }))
}

async function embedder(workers: number, threads: number) {
  const running = await startEmbedder({ model, workers, threads })
  return {
    result: measured(`embedder, ${workers} × ${threads} thread${threads > 1 ? 's' : ''}`),
    async run() {
      await running.embed(texts, { as: 'passage', priority: 'ingest' })
    },
    close: () => running.close(),
  }
}

async function tokenCosts(): Promise<void> {
  const rss = () => process.memoryUsage.rss() / 1e6
  const bare = rss()
  const local = await startEmbedder({ model, workers: 2 })
  const how = { as: 'passage', priority: 'ingest' } as const
  const parted = texts.map((text) => ({ text, parts: [{ start: 0, end: text.length }] }))
  const question = 'How is a collection indexed anew with another model?'
  const compare = (interact = lateInteraction(local.encode)) => interact(question, parted, how)
  const warm = lateInteraction(local.encode)
  await warm(question, parted, how)
  const costs = {
    'sentence vectors': () => local.embed(texts, how),
    'and vectors of tokens': () => local.encode(texts, how),
    'compared with a question': () => compare(),
    'the same, all remembered': () => compare(warm),
  }
  console.log(`2 workers: ${Math.round(rss() - bare)} MB after ${texts.length} passages\n`)
  console.log('ms of processor for 1,000 tokens, the least of the rounds')
  for (const [name, work] of Object.entries(costs)) {
    const spent: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const from = process.cpuUsage()
      await work()
      const { user, system } = process.cpuUsage(from)
      spent.push((user + system) / tokens)
    }
    console.log(
      name.padEnd(28),
      Math.min(...spent)
        .toFixed(1)
        .padStart(8),
    )
  }
  console.log()
  await local.close()
}

/** Sentences of the project's own documents, cut into passages of about 128 tokens. */
function passages(count: number): string[] {
  const words = ['README.md', 'docs/PROTOCOL.md', 'docs/CONFIGURATION.md', 'CHANGELOG.md']
    .flatMap((file) => readText(file).split(/\s+/u))
    .filter((word) => /\p{L}/u.test(word))
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: 64 }, (_, j) => words[(i * 64 + j) % words.length]).join(' '),
  )
}

function readText(file: string): string {
  return readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
}

/**
 * True against false hits of the semantic cache: on cosine similarity alone, and with the content gate, by source and
 * language; the whole curve, and the setting that is shipped.
 *
 *     node bench/cache.ts PAIRS.jsonl… [--half 0|1] [--json]
 *
 * A line is `{id, source, lang, a, b, label}`: store the answer to `a`, then ask `b`; label 1: the stored answer serves.
 * `--half` takes one half of the pairs, by the hash of their ids: half 0 was looked at while the gate was made.
 */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { builtinModel } from '../models/builtin.ts'
import { NEARLY_EQUAL_QUESTIONS, SIMILAR_QUESTIONS } from '../models/calibration.ts'
import { startEmbedder } from '../models/embedder.ts'
import { compareQuestions, type Verdict } from '../src/cache/gate/gate.ts'
import { cosine } from '../src/domain/cosine.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { half: { type: 'string' }, json: { type: 'boolean' } },
})

const pairSchema = z.object({
  id: z.string(),
  source: z.string(),
  lang: z.string(),
  a: z.string(),
  b: z.string(),
  label: z.union([z.literal(0), z.literal(1)]),
})

interface Pair extends z.output<typeof pairSchema> {
  similarity: number
  verdict: Verdict
}

const THRESHOLDS = [0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.978, 0.985, 0.99, 0.995]

const read = positionals
  .flatMap((file) => readFileSync(file, 'utf8').trim().split('\n'))
  .map((line) => pairSchema.parse(JSON.parse(line)))
  // The partition separates languages: these never meet.
  .filter(({ lang }) => lang === 'en' || lang === 'ru')
  .filter(({ id }) => values.half === undefined || String(halfOf(id)) === values.half)
if (read.length === 0) throw new Error('No pairs. Name files of pairs: node bench/cache.ts PAIRS.jsonl')

const pairs = await judged(read)
const sets = new Map<string, Pair[]>()
for (const pair of pairs) {
  // The hard Quora pairs are all of one label: they are read with the others.
  const source = pair.source === 'qqp-hard' ? 'qqp' : pair.source
  for (const name of new Set([source, `${source} ${pair.lang}`])) {
    sets.set(name, [...(sets.get(name) ?? []), pair])
  }
}
const report = [...sets].map(([name, set]) => measure(name, set))
if (values.json) console.log(JSON.stringify(report, null, 2))
else for (const measured of report) print(measured)

async function judged(list: readonly z.output<typeof pairSchema>[]): Promise<Pair[]> {
  const embedder = await startEmbedder({ model: builtinModel() })
  const vectors = new Map<string, Float32Array>()
  const texts = [...new Set(list.flatMap(({ a, b }) => [a, b]))]
  for (let from = 0; from < texts.length; from += 100) {
    const batch = texts.slice(from, from + 100)
    const made = await embedder.embed(batch, { as: 'query', priority: 'ingest' })
    for (const [index, { vector }] of made.entries()) vectors.set(batch[index] ?? '', vector)
  }
  await embedder.close()
  return list.map((pair) => ({
    ...pair,
    similarity: cosine(vectors.get(pair.a) ?? [], vectors.get(pair.b)),
    verdict: compareQuestions(pair.a, pair.b, pair.lang === 'ru' ? 'ru' : 'en'),
  }))
}

function measure(name: string, set: readonly Pair[]) {
  const same = set.filter(({ label }) => label === 1)
  const other = set.filter(({ label }) => label === 0)
  const rates = (isHit: (pair: Pair) => boolean) => ({
    hits: same.filter(isHit).length,
    falseHits: other.filter(isHit).length,
  })
  const curve = THRESHOLDS.map((threshold) => ({
    threshold,
    cosine: rates(({ similarity }) => similarity >= threshold),
    gate: rates((pair) => pair.similarity >= threshold && passes(pair)),
  }))
  const shipped = rates((pair) => pair.similarity >= SIMILAR_QUESTIONS && passes(pair))
  const falseSimilarities = other.map(({ similarity }) => similarity).sort((a, b) => b - a)
  const least = falseSimilarities[shipped.falseHits] ?? 0
  const bestCosine = rates(({ similarity }) => similarity > least)
  return { name, same: same.length, other: other.length, curve, shipped, bestCosine }
}

function passes({ verdict, similarity }: Pair): boolean {
  return verdict.kind === 'same' || (verdict.kind === 'close' && similarity >= NEARLY_EQUAL_QUESTIONS)
}

function print({ name, same, other, curve, shipped, bestCosine }: ReturnType<typeof measure>): void {
  const share = (count: number, of: number) => (of === 0 ? '    -' : (count / of).toFixed(3).padStart(5))
  const both = ({ hits, falseHits }: { hits: number; falseHits: number }) =>
    `${share(hits, same)} / ${share(falseHits, other)}`
  console.log(`\n${name}: ${same} pairs that ask the same, ${other} that do not`)
  console.log('threshold   cosine alone: hits / false   with the gate: hits / false')
  for (const { threshold, cosine, gate } of curve) {
    console.log(`${threshold.toFixed(3).padEnd(12)}${both(cosine).padEnd(29)}${both(gate)}`)
  }
  const ratio = bestCosine.hits === 0 ? '-' : (shipped.hits / bestCosine.hits).toFixed(2)
  console.log(
    `shipped: ${shipped.hits} hits, ${shipped.falseHits} false (${share(shipped.falseHits, other).trim()}); cosine alone with as many false hits: ${bestCosine.hits} (× ${ratio})`,
  )
}

function halfOf(id: string): number {
  return (createHash('sha256').update(id).digest()[0] ?? 0) % 2
}

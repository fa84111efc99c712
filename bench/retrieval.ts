/**
 * Retrieval on XQuAD through the store and the product's own search: meaning alone, words alone, both, both with
 * sentences. A hit is the gold paragraph's document. The last column of a row: how often a paired bootstrap finds
 * it worse than the better half.
 *
 *     node bench/retrieval.ts [--every N] [--mixed]
 *
 * --mixed searches both languages in one.
 */

import { parseArgs } from 'node:util'
import { builtinModel } from '../models/builtin.ts'
import { startEmbedder } from '../models/embedder.ts'
import { LANGUAGES } from '../src/domain/language.ts'
import type { RetrievalOptions } from '../src/protocol/retrieval.ts'
import { pgliteDatabase } from '../test/support/database.ts'
import { mean, type Outcome, putXquad, recall, run } from './xquad-search.ts'
import { embeddedXquad } from './xquad-vectors.ts'

const { values: flags } = parseArgs({
  options: { every: { type: 'string', default: '1' }, mixed: { type: 'boolean', default: false } },
})

const VARIANTS: Readonly<Record<string, RetrievalOptions>> = {
  'vector alone': { mode: 'vector' },
  'BM25 alone': { mode: 'lexical' },
  'fused, without sentences': { sentences: false, rerank: false },
  fused: { rerank: false },
}
const RESAMPLES = 1000

const mrr = (outcomes: readonly Outcome[]) => mean(outcomes.map(({ rank }) => 1 / rank))

/** Share of resamples of the same questions in which `one` has the lower MRR. */
function worse(one: readonly Outcome[], other: readonly Outcome[]): number {
  let random = 12_345
  const next = () => {
    random = (Math.imul(random, 1_103_515_245) + 12_345) & 0x7fffffff
    return random % one.length
  }
  const differences = one.map(({ rank }, i) => 1 / rank - 1 / (other[i]?.rank ?? Number.POSITIVE_INFINITY))
  let count = 0
  for (let sample = 0; sample < RESAMPLES; sample++) {
    if (mean(differences.map(() => differences[next()] ?? 0)) < 0) count++
  }
  return count / RESAMPLES
}

async function main(): Promise<void> {
  await using database = await pgliteDatabase()
  const embedder = await startEmbedder({ model: builtinModel() })
  const sets = { en: await embeddedXquad('en'), ru: await embeddedXquad('ru') }
  for (const language of LANGUAGES)
    await putXquad(database.store, `xquad-${language}`, sets[language], `${language}/`)
  await database.store.maintain()
  console.log('| | recall@1 | recall@5 | MRR@10 | held out: recall@1 | recall@5 | ms p50 | worse |')
  console.log('|---|---|---|---|---|---|---|---|')
  for (const language of LANGUAGES) {
    const searched = flags.mixed ? ['xquad-en', 'xquad-ru'] : [`xquad-${language}`]
    const halves: Outcome[][] = []
    for (const [name, options] of Object.entries(VARIANTS)) {
      const all = await run(
        database.store,
        embedder,
        language,
        searched,
        sets[language],
        options,
        Number(flags.every),
        `${language}/`,
      )
      const heldOut = all.filter(({ calibration }) => !calibration)
      const ms = all.map((outcome) => outcome.ms).sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0
      const [better] = halves.toSorted((a, b) => mrr(b) - mrr(a))
      if (halves.length < 2) halves.push(all)
      const cells = [recall(all, 1), recall(all, 5), mrr(all), recall(heldOut, 1), recall(heldOut, 5)]
      const against = halves.length < 2 || better === undefined ? '' : worse(all, better).toFixed(3)
      console.log(
        `| ${language} ${name} | ${cells.map((cell) => cell.toFixed(4)).join(' | ')} | ${ms.toFixed(1)} | ${against} |`,
      )
    }
  }
  await embedder.close()
}

await main()

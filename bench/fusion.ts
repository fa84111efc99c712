/**
 * Fits FUSION_WEIGHTS of models/calibration.ts on every other article of XQuAD: first those of meaning and words,
 * then that of the best sentence beside them. Prints them, and what they and those in force find.
 *
 *     node bench/fusion.ts
 */

import { FUSION_WEIGHTS } from '../models/calibration.ts'
import { cosine } from '../src/domain/cosine.ts'
import type { Language } from '../src/domain/language.ts'
import { LANGUAGES } from '../src/domain/language.ts'
import { closeness } from '../src/retrieval/closeness.ts'
import { certainty, type Features, type FusionWeights, fuse } from '../src/retrieval/fusion.ts'
import { weigh, wordsOf } from '../src/retrieval/question.ts'
import { passageTerms } from '../src/text/bm25.ts'
import { splitSentences } from '../src/text/sentences.ts'
import { fitChoice } from './calibrate-fit.ts'
import { isCalibration } from './xquad.ts'
import { embedded, embeddedXquad } from './xquad-vectors.ts'

/** As many as are looked at in src/retrieval/rank.ts. */
const LOOKED_AT = 20
/** What the fit begins with, to choose these. */
const FIRST = { vector: 1, lexical: 0.08 }

interface List {
  readonly calibration: boolean
  readonly items: readonly {
    readonly features: Omit<Features, 'sentence'>
    readonly sentence: number
    readonly right: boolean
    readonly uri: string
  }[]
}

async function learn(language: Language) {
  const { documents, questions } = await embeddedXquad(language)
  const chunks = documents.flatMap(({ uri, title, chunks: cut }) =>
    cut.map((chunk) => ({
      ...chunk,
      uri,
      title,
      terms: new Map(
        passageTerms({ uri, title, heading: chunk.heading, text: chunk.text }).map(({ id, weight }) => [
          id,
          weight,
        ]),
      ),
    })),
  )
  const found = new Map<number, number>()
  for (const { terms } of chunks) for (const id of terms.keys()) found.set(id, (found.get(id) ?? 0) + 1)
  const cut = chunks.map(({ text }) =>
    splitSentences(text).map(({ start, end }) => text.slice(start, end).replace(/\s+/gu, ' ')),
  )
  const vectors = (await embedded(`xquad-${language}-sentences`, cut.flat(), 'passage')).values()
  const sentences = cut.map((list) => list.flatMap(() => vectors.next().value ?? []))
  const lists = questions.map(({ text, vector, document }): List => {
    const words = weigh(wordsOf(text), found, chunks.length)
    const items = chunks
      .map((chunk, i) => {
        const similarity = cosine(vector, chunk.vector)
        const bm25 = words.weights.reduce(
          (sum, { id, weight }) => sum + weight * (chunk.terms.get(id) ?? 0),
          0,
        )
        return { chunk, i, similarity, lexical: words.total === 0 ? 0 : bm25 / words.total }
      })
      .toSorted(
        (a, b) => FIRST.vector * (b.similarity - a.similarity) + FIRST.lexical * (b.lexical - a.lexical),
      )
      .slice(0, LOOKED_AT)
      .map(({ chunk, i, similarity, lexical }) => {
        const { coverage, proximity } = closeness(words, chunk)
        const best = Math.max(...(sentences[i] ?? []).map((sentence) => cosine(vector, sentence)))
        return {
          features: { vector: similarity, lexical, coverage, proximity },
          sentence: best - similarity,
          right: chunk.uri === document,
          uri: chunk.uri,
        }
      })
    return { calibration: isCalibration(document), items }
  })
  const learnt = lists.filter(({ calibration }) => calibration).map(({ items }) => items)
  const weights = fitChoice(['vector', 'lexical', 'coverage', 'proximity'], learnt)
  const beside = fitChoice(
    ['words', 'sentence'],
    learnt.map((list) =>
      list.map(({ features, sentence, right }) => ({
        features: {
          words:
            weights.vector * features.vector +
            weights.lexical * features.lexical +
            weights.coverage * features.coverage +
            weights.proximity * features.proximity,
          sentence,
        },
        right,
      })),
    ),
  )
  return { weights: { ...weights, sentence: beside.sentence / beside.words }, lists }
}

/** Recall@1 and @5 on both halves, as the product ranks: sentences only where the first passages are close. */
function recallOf(lists: readonly List[], weights: FusionWeights): string {
  const share = (half: readonly List[], k: number) =>
    (half.filter((list) => rankOf(list, weights) <= k).length / half.length).toFixed(4)
  const calibration = lists.filter((list) => list.calibration)
  const heldOut = lists.filter((list) => !list.calibration)
  return `calibration ${share(calibration, 1)} ${share(calibration, 5)}, held out ${share(heldOut, 1)} ${share(heldOut, 5)}`
}

function rankOf({ items }: List, weights: FusionWeights): number {
  const fused = items
    .map((item) => ({ ...item, score: fuse(weights, { ...item.features, sentence: 0 }) }))
    .sort((a, b) => b.score - a.score)
  const sure = certainty(
    weights,
    fused.map(({ score }) => score),
  )
  const compared = fused.map((item, i) => ({
    ...item,
    score: item.score + (sure < 0.9 && i < 5 ? (weights.sentence * item.sentence) / weights.vector : 0),
  }))
  const ranked = [...new Set(compared.sort((a, b) => b.score - a.score).map(({ uri }) => uri))]
  const right = items.find((item) => item.right)
  return right === undefined ? Number.POSITIVE_INFINITY : ranked.indexOf(right.uri) + 1
}

for (const language of LANGUAGES) {
  const { weights, lists } = await learn(language)
  const fields = Object.entries(weights).map(([name, weight]) => `${name}: ${weight.toFixed(1)}`)
  console.log(`${language}: { ${fields.join(', ')} },`)
  console.log(`  these: ${recallOf(lists, weights)}`)
  console.log(`  those in force: ${recallOf(lists, FUSION_WEIGHTS[language])}`)
}

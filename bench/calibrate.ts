/**
 * Fits SENTENCE_WEIGHTS and EVIDENCE_WEIGHTS of models/calibration.ts and prints them with what they do on the data that was left out.
 * Run `node bench/calibrate.ts` (ten minutes and more the first time) after a change of the model, the splitter, the
 * search, or how words are compared. The questions of every other XQuAD article and ClapNQ are learnt from.
 */

import { builtinModel } from '../models/builtin.ts'
import { ENOUGH } from '../models/calibration.ts'
import { startEmbedder } from '../models/embedder.ts'
import { cosine } from '../src/domain/cosine.ts'
import { candidatesOf } from '../src/generate/extractive/candidates.ts'
import type { Basis } from '../src/generate/extractive/evidence.ts'
import { type Evidence, evidenceOf } from '../src/generate/extractive/evidence.ts'
import { quotesOf } from '../src/generate/extractive/quotes.ts'
import {
  type Compared,
  compareWords,
  rank,
  type SentenceFeatures,
  shortlist,
} from '../src/generate/extractive/relevance.ts'
import type { Embedder, Embedding } from '../src/ports/embedder.ts'
import { splitSentences } from '../src/text/sentences.ts'
import { type Asked, askClapnq, askXquad, type Retrieval } from './calibrate-data.ts'
import { applyLogistic, fitChoice, fitLogistic } from './calibrate-fit.ts'
import { keepingVectors } from './vectors.ts'

const SENTENCE = [
  'similarity',
  'passage',
  'words',
  'context',
  'passageWords',
  'offers',
] as const satisfies (keyof SentenceFeatures)[]
const EVIDENCE = [
  'passage',
  'sentence',
  'words',
  'anyWords',
  'names',
  'hasNames',
  'certainty',
] as const satisfies (keyof Evidence)[]

export async function calibrate(embedder: Embedder): Promise<void> {
  const seen = remembering(embedder)
  const en = await askXquad(seen, 'en', 'en')
  const ru = await askXquad(seen, 'ru', 'ru')
  const cross = [...(await askXquad(seen, 'ru', 'en')), ...(await askXquad(seen, 'en', 'ru'))]
  const clapnq = await askClapnq(seen)
  await fitSentences(seen, [...en, ...ru])
  await reportAnswers(seen, { en, ru, cross })
  await fitEvidence(seen, { name: 'en', asked: en, clapnq, falseRefusals: 0.03 })
  await fitEvidence(seen, { name: 'ru', asked: ru, clapnq: [], falseRefusals: 0.04 })
  // A passage in another language is found less surely: a wrong quotation is worse than a refusal.
  await fitEvidence(seen, { name: 'cross', asked: cross, clapnq: [], falseRefusals: 0.1 })
}

async function fitSentences(embedder: Embedder, asked: readonly Asked[]): Promise<void> {
  const lists: { features: SentenceFeatures; right: boolean }[][] = []
  for (const question of asked.filter(({ calibration }) => calibration)) {
    const ranked = await ranking(embedder, question.found)
    lists.push(
      ranked.map(({ candidate, features }) => ({
        features,
        right:
          candidate.passage.uri === question.document &&
          question.answers.some((answer) => candidate.text.includes(answer)),
      })),
    )
  }
  print('SENTENCE_WEIGHTS', fitChoice(SENTENCE, lists))
}

async function reportAnswers(
  embedder: Embedder,
  sets: Readonly<Record<Basis, readonly Asked[]>>,
): Promise<void> {
  for (const name of ['en', 'ru', 'cross'] as const) {
    const asked = sets[name]
    for (const calibration of [true, false]) {
      const half = asked.filter((question) => question.calibration === calibration)
      let found = 0
      let sentences = 0
      let recall = 0
      for (const question of half) {
        if (question.found.passages[0]?.uri === question.document) recall++
        const ranked = await ranking(embedder, question.found)
        const quotes = quotesOf(ranked, ENOUGH[name])
        if (quotes.some(({ text }) => question.answers.some((answer) => text.includes(answer)))) found++
        sentences += quotes.reduce((sum, { text }) => sum + splitSentences(text).length, 0)
      }
      const share = (count: number) => (count / half.length).toFixed(4)
      console.log(
        `${name} ${calibration ? 'learnt from' : 'left out'}: recall@1 ${share(recall)}, answer inside ${share(found)}, mean sentences ${(sentences / half.length).toFixed(2)} (no refusals)`,
      )
    }
  }
}

interface EvidenceData {
  readonly name: string
  readonly asked: readonly Asked[]
  /** All learnt from. */
  readonly clapnq: readonly Asked[]
  /** Share of answerable questions that may be refused, on the half that is learnt from. */
  readonly falseRefusals: number
}

async function fitEvidence(embedder: Embedder, data: EvidenceData): Promise<void> {
  const { name, asked, clapnq, falseRefusals } = data
  const evidence = async (list: readonly Asked[], which: 'found' | 'absent' | 'onTopic' | 'stranger') => {
    const found: Evidence[] = []
    for (const retrieval of list.flatMap((question) => question[which] ?? [])) {
      const { question, passages } = retrieval
      found.push(evidenceOf(question, passages, await ranking(embedder, retrieval)))
    }
    return found
  }
  const learnt = asked.filter(({ calibration }) => calibration)
  const leftOut = asked.filter(({ calibration }) => !calibration)
  const answerable = clapnq.filter((question) => question.answerable && isRetrieved(question))
  const unanswerable = clapnq.filter((question) => !question.answerable)
  const yes = await evidence(learnt, 'found')
  const fitted = fitLogistic(
    EVIDENCE,
    [...yes, ...(await evidence(answerable, 'found'))],
    [
      ...(await evidence([...learnt, ...answerable], 'absent')),
      ...(await evidence(learnt, 'onTopic')),
      ...(await evidence(learnt, 'stranger')),
      ...(await evidence(unanswerable, 'found')),
    ],
  )
  const scores = yes.map((features) => applyLogistic(fitted, features)).toSorted((a, b) => a - b)
  const threshold = scores[Math.floor(scores.length * falseRefusals)] ?? 0
  const model = { ...fitted, bias: fitted.bias - threshold }
  print(`EVIDENCE_WEIGHTS.${name}`, { bias: model.bias, ...model.weights })

  const report = async (label: string, list: Promise<readonly Evidence[]>) => {
    const all = await list
    if (all.length === 0) return
    const refused = all.filter((features) => applyLogistic(model, features) <= 0)
    console.log(`${name}: ${label}: refused ${(refused.length / all.length).toFixed(3)} of ${all.length}`)
  }
  for (const [label, list] of [
    ['learnt from', learnt],
    ['left out', leftOut],
  ] as const) {
    await report(`${label}, answerable`, evidence(list, 'found'))
    await report(`${label}, article absent`, evidence(list, 'absent'))
    await report(`${label}, only the paragraph absent`, evidence(list, 'onTopic'))
    await report(`${label}, about another name`, evidence(list, 'stranger'))
  }
  await report('ClapNQ, answerable', evidence(answerable, 'found'))
  await report('ClapNQ, passage absent', evidence(answerable, 'absent'))
  await report('ClapNQ, no answer in the passage', evidence(unanswerable, 'found'))
}

const isRetrieved = ({ found, document }: Asked) => found.passages.some(({ uri }) => uri === document)

const prepared = new WeakMap<readonly unknown[], Compared[]>()

async function ranking(embedder: Embedder, { question, vector, passages }: Retrieval) {
  const compared = prepared.get(passages) ?? shortlist(compareWords(question, candidatesOf(passages)))
  prepared.set(passages, compared)
  const embeddings = await embedder.embed(
    compared.map(({ candidate }) => candidate.text.replace(/\s+/gu, ' ')),
    { as: 'passage', priority: 'ingest' },
  )
  return rank(
    compared,
    embeddings.map((embedding) => cosine(vector, embedding.vector)),
  )
}

/** The same sentences come up for many questions. */
function remembering(embedder: Embedder): Embedder {
  const known = new Map<string, Embedding>()
  return {
    model: embedder.model,
    async embed(texts, options) {
      const missing = [...new Set(texts)].filter((text) => !known.has(options.as + text))
      const made = await embedder.embed(missing, options)
      for (const [i, text] of missing.entries()) {
        const embedding = made[i]
        if (embedding !== undefined) known.set(options.as + text, embedding)
      }
      return texts.flatMap((text) => known.get(options.as + text) ?? [])
    },
  }
}

function print(name: string, numbers: Record<string, number>): void {
  const list = Object.entries(numbers).map(([key, value]) => `${key}: ${value.toFixed(2)}`)
  console.log(`${name}: { ${list.join(', ')} }`)
}

if (import.meta.main) {
  const embedder = keepingVectors(await startEmbedder({ model: builtinModel() }))
  try {
    await calibrate(embedder)
  } finally {
    await embedder.close()
  }
}

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { builtinModel } from '../models/builtin.ts'
import { BLOCK_CERTAINTY } from '../models/calibration.ts'
import { startEmbedder } from '../models/embedder.ts'
import { lateInteraction } from '../models/late-interaction.ts'
import type { Passage } from '../src/domain/answer.ts'
import type { Block, Excerpt } from '../src/domain/block.ts'
import { LANGUAGES, type Language } from '../src/domain/language.ts'
import { LOCAL_PRINCIPAL } from '../src/domain/principal.ts'
import { contains, overlap } from '../src/domain/spans.ts'
import { isDocument } from '../src/evaluation/gold.ts'
import { candidatesOf } from '../src/generate/blocks/candidates.ts'
import { matchUnits } from '../src/generate/blocks/match.ts'
import { type BlockFeatures, rankCandidates, shortlist, wordsOfUnits } from '../src/generate/blocks/rank.ts'
import { unitsOf } from '../src/generate/blocks/units.ts'
import type { Embedder } from '../src/ports/embedder.ts'
import { excerptsOf } from '../src/retrieval/excerpts.ts'
import { foldCase } from '../src/text/fold.ts'
import { detectLanguage } from '../src/text/language.ts'
import { pgliteDatabase } from '../test/support/database.ts'
import { type Retrieval, searchIn } from './calibrate-data.ts'
import { applyLogistic, type Features, fitExamples, type Logistic } from './calibrate-fit.ts'
import { filesIn, linesOf } from './eval-sets.ts'
import { keepingVectors } from './vectors.ts'

const FEATURES = ['tokens', 'similarity', 'worstWord', 'words'] as const satisfies (keyof BlockFeatures)[]
type Feature = (typeof FEATURES)[number]

/** What is asked, and how much it counts in the fit. */
const WEIGHTS = {
  answerable: 1,
  /** On the topic, but not answered by any document. */
  near: 1,
  /** Answerable, without the documents that answer. */
  noDocuments: 0.5,
  /** Answerable, without the blocks that answer. */
  noBlocks: 0.5,
}
const KINDS = ['answerable', 'near', 'noDocuments', 'noBlocks'] as const satisfies (keyof typeof WEIGHTS)[]
type Kind = (typeof KINDS)[number]

const THRESHOLDS = [-1.6, -1.5, -1.4, -1.35, -1.3, -1.2, -1.1, -1, -0.95, -0.9, -0.8, -0.7, -0.6, -0.5, -0.4]

interface Gold {
  readonly document: string
  readonly text: string
}

interface Question {
  readonly question: string
  readonly answerable: boolean
  readonly documents?: readonly string[]
  readonly passages?: readonly Gold[]
  readonly also?: readonly Gold[]
  readonly history?: readonly unknown[]
}

interface Case {
  readonly set: string
  readonly kind: Kind
  readonly language: Language
  /** Of the best block; undefined if there is none. */
  readonly features: Features<Feature> | undefined
}

async function casesOf(embedder: Embedder, set: string): Promise<Case[]> {
  await using database = await pgliteDatabase()
  const { store } = database
  const search = await searchIn(store, embedder, filesIn(join(set, 'documents')))
  const read = ({ passages }: Retrieval) => excerptsOf(store, LOCAL_PRINCIPAL, passages)
  const cases: Case[] = []
  // Follow-ups would have to be made standalone first.
  for (const asked of linesOf<Question>(join(set, 'questions.jsonl')).filter(({ history }) => !history)) {
    const language = detectLanguage(asked.question)
    const add = async (kind: Kind, retrieval: Retrieval, excerpts: readonly Excerpt[]) => {
      cases.push({ set, kind, language, features: await bestFeatures(embedder, retrieval, excerpts) })
    }
    const found = await search(asked.question, language)
    const excerpts = await read(found)
    await add(asked.answerable ? 'answerable' : 'near', found, excerpts)
    if (!asked.answerable) continue
    const rest = await search(asked.question, language, { excludePaths: answeringDocuments(asked) })
    await add('noDocuments', rest, await read(rest))
    await add('noBlocks', found, withoutAnswer(excerpts, asked))
  }
  return cases
}

const answeringDocuments = ({ documents = [], also = [] }: Question): string[] => [
  ...documents,
  ...also.map(({ document }) => document),
]

async function bestFeatures(
  embedder: Embedder,
  { question, vector }: Retrieval,
  excerpts: readonly Excerpt[],
): Promise<BlockFeatures | undefined> {
  const units = unitsOf(excerpts)
  const words = wordsOfUnits(question, units)
  const compared = shortlist(question, units, words)
  const { signal } = new AbortController()
  const matches = await matchUnits(embedder, { text: question, vector }, compared, signal)
  const [best] = rankCandidates(question, candidatesOf(question, units), words, matches)
  return best?.features
}

/** Without the blocks that answer, and without the passages of which nothing is left. */
function withoutAnswer(excerpts: readonly Excerpt[], asked: Question): Excerpt[] {
  const left = excerpts.map((excerpt) => {
    const answering = excerpt.blocks.filter((block) => isAnswer(excerpt, block, asked))
    const blocks = excerpt.blocks
      .filter((block) => !answering.includes(block))
      .map((block) => ({
        ...block,
        leads: block.leads.filter((lead) => !answering.some((gone) => contains(gone, lead))),
      }))
    const passages = excerpt.passages.filter((passage) =>
      blocks.some((block) => block.kind !== 'heading' && overlap(block, passage) > 0),
    )
    return { ...excerpt, blocks, passages }
  })
  const kept = left
    .flatMap(({ passages }) => passages)
    .map(({ number }) => number)
    .toSorted((a, b) => a - b)
  const renumbered = (passage: Passage) => ({ ...passage, number: kept.indexOf(passage.number) + 1 })
  return left.map((excerpt) => ({ ...excerpt, passages: excerpt.passages.map(renumbered) }))
}

/** A shorter text within a gold passage is a part of it; a block may also hold only the beginning of a long one. */
const PART = 12
const LONG = 60
const BEGINNING = 50

function isAnswer(excerpt: Excerpt, block: Block, { passages = [], also = [] }: Question): boolean {
  if (block.kind === 'heading') return false
  const text = wordsOnly(excerpt.text(block))
  return [...passages, ...also]
    .filter(({ document }) => isDocument(excerpt, document))
    .map((gold) => wordsOnly(gold.text))
    .some(
      (gold) =>
        text.includes(gold) ||
        (text.length > PART && gold.includes(text)) ||
        (gold.length > LONG && text.includes(gold.slice(0, BEGINNING))),
    )
}

const wordsOnly = (text: string): string =>
  foldCase(text)
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

const fitTo = (cases: readonly Case[]): Logistic<Feature> =>
  fitExamples(
    FEATURES,
    cases.flatMap(({ kind, features }) =>
      features === undefined ? [] : [{ features, isYes: kind === 'answerable', weight: WEIGHTS[kind] }],
    ),
  )

interface Scored {
  readonly kind: Kind
  readonly language: Language
  readonly logit: number
}

const score = (model: Logistic<Feature>, cases: readonly Case[]): Scored[] =>
  cases.map(({ kind, language, features }) => ({
    kind,
    language,
    logit: features === undefined ? Number.NEGATIVE_INFINITY : applyLogistic(model, features),
  }))

function reportAucs(name: string, scored: readonly Scored[]): void {
  const logits = (kind: Kind) => scored.filter((one) => one.kind === kind).map(({ logit }) => logit)
  const aucs = KINDS.filter((kind) => kind !== 'answerable').map(
    (kind) => `${kind} ${auc(logits('answerable'), logits(kind)).toFixed(3)}`,
  )
  console.log(`AUC, ${name}: ${aucs.join(', ')}`)
}

/** How often one of the first is above one of the second. */
function auc(above: readonly number[], below: readonly number[]): number {
  const won = above.flatMap((a) => below.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)))
  return meanOf(won)
}

function reportThresholds(language: Language, scored: readonly Scored[]): void {
  console.log(`\n| ${language}, share not above | ${KINDS.join(' | ')} |`)
  console.log(`|---|${KINDS.map(() => '---|').join('')}`)
  for (const threshold of THRESHOLDS) {
    const shares = KINDS.map((kind) => {
      const own = scored.filter((one) => one.kind === kind)
      return meanOf(own.map(({ logit }) => (logit > threshold ? 0 : 1))).toFixed(3)
    })
    console.log(`| ${threshold.toFixed(2)} | ${shares.join(' | ')} |`)
  }
}

const meanOf = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0) / list.length

async function calibrate(embedder: Embedder, sets: readonly string[]): Promise<void> {
  const cases: Case[] = []
  for (const set of sets) {
    console.error(`${set}…`)
    cases.push(...(await casesOf(embedder, set)))
  }
  const counts = KINDS.map((kind) => `${cases.filter((one) => one.kind === kind).length} ${kind}`)
  console.log(`cases: ${counts.join(', ')}`)
  const model = fitTo(cases)
  const weights = FEATURES.map((name) => `${name}: ${model.weights[name].toFixed(2)}`)
  console.log(`BLOCK_CERTAINTY: { bias: ${model.bias.toFixed(2)}, weights: { ${weights.join(', ')} } }`)
  const crossFitted = sets.flatMap((set) => {
    const others = fitTo(cases.filter((one) => one.set !== set))
    return score(
      others,
      cases.filter((one) => one.set === set),
    )
  })
  const fitted = score(model, cases)
  const inForce = score(BLOCK_CERTAINTY, cases)
  for (const language of LANGUAGES) {
    const own = (scored: readonly Scored[]) => scored.filter((one) => one.language === language)
    console.log('')
    reportAucs(`${language}, each set by the weights of the others`, own(crossFitted))
    reportAucs(`${language}, the weights in force`, own(inForce))
    reportThresholds(language, own(fitted))
  }
}

const papers = fileURLToPath(new URL('../test/data/papers/', import.meta.url))
const sets = [...LANGUAGES.map((language) => join(papers, language)), ...process.argv.slice(2)]
const local = await startEmbedder({ model: builtinModel() })
const keeping = keepingVectors(local)
try {
  await calibrate({ ...keeping, interact: lateInteraction(local.encode) }, sets)
} finally {
  await keeping.close()
}

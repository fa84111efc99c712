/**
 * Fits the weights of words in FUSION_WEIGHTS of models/calibration.ts on half of XQuAD's articles and half of docsqa's documents
 * (its questions and test/data/searches), and that of the best sentence beside them on XQuAD. Prints them, and what they and
 * those in force find, on both halves.
 *
 *     node bench/fusion.ts [FOLDER OF DOCSQA]
 */

import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { builtinModel } from '../models/builtin.ts'
import { FUSION_WEIGHTS } from '../models/calibration.ts'
import { type RunningEmbedder, startEmbedder } from '../models/embedder.ts'
import { loadTokenizer } from '../models/tokenizer.ts'
import { cosine } from '../src/domain/cosine.ts'
import type { EmbeddedChunk } from '../src/domain/document.ts'
import { LANGUAGES, type Language } from '../src/domain/language.ts'
import { parseDocument } from '../src/ingest/parse.ts'
import { closeness } from '../src/retrieval/closeness.ts'
import { certainty, type Features, type FusionWeights, fuse } from '../src/retrieval/fusion.ts'
import { weigh, wordsOf } from '../src/retrieval/question.ts'
import { passageTerms } from '../src/text/bm25.ts'
import { embedInput } from '../src/text/embed-input.ts'
import { splitSentences } from '../src/text/sentences.ts'
import { fitChoice } from './calibrate-fit.ts'
import { filesIn, linesOf } from './eval-sets.ts'
import type { Search } from './searches.ts'
import { keepingVectors } from './vectors.ts'
import { isCalibration } from './xquad.ts'
import { embeddedXquad } from './xquad-vectors.ts'

/** As many as are looked at in src/retrieval/rank.ts. */
const LOOKED_AT = 20
/** What the fit begins with, to choose these. */
const FIRST = { vector: 1, lexical: 0.06 }
const WORD_FEATURES = ['vector', 'lexical', 'coverage', 'proximity', 'names'] as const

type Kind = 'xquad' | 'docsqa' | Search['kind']

interface Asked {
  readonly text: string
  readonly vector: Float32Array
  readonly right: readonly string[]
  readonly kind: Kind
  readonly calibration: boolean
}

interface Chunk extends Pick<EmbeddedChunk, 'heading' | 'text' | 'vector'> {
  readonly uri: string
  readonly title: string
}

interface List {
  readonly kind: Kind
  readonly calibration: boolean
  readonly items: readonly {
    readonly features: Omit<Features, 'sentence'>
    /** By how much the cosine of the best sentence is higher; 0 where it was not computed. */
    readonly sentence: number
    readonly right: boolean
    readonly uri: string
  }[]
}

/** `bestSentence` gives the highest cosine with a sentence of the chunk. */
function listsOf(
  chunks: readonly Chunk[],
  questions: readonly Asked[],
  bestSentence?: (chunk: number, question: Float32Array) => number,
): List[] {
  const terms = chunks.map((chunk) => new Map(passageTerms(chunk).map(({ id, weight }) => [id, weight])))
  const found = new Map<number, number>()
  for (const of of terms) for (const id of of.keys()) found.set(id, (found.get(id) ?? 0) + 1)
  return questions.map(({ text, vector, right, kind, calibration }) => {
    const words = weigh(wordsOf(text), found, chunks.length)
    const items = chunks
      .map((chunk, i) => {
        const bm25 = words.weights.reduce((sum, { id, weight }) => sum + weight * (terms[i]?.get(id) ?? 0), 0)
        const lexical = words.total === 0 ? 0 : bm25 / words.total
        return { chunk, i, similarity: cosine(vector, chunk.vector), lexical }
      })
      .toSorted(
        (a, b) => FIRST.vector * (b.similarity - a.similarity) + FIRST.lexical * (b.lexical - a.lexical),
      )
      .slice(0, LOOKED_AT)
      .map(({ chunk, i, similarity, lexical }) => {
        const { coverage, proximity, names } = closeness(words, chunk)
        return {
          features: { vector: similarity, lexical, coverage, proximity, names },
          sentence: bestSentence === undefined ? 0 : bestSentence(i, vector) - similarity,
          right: right.includes(chunk.uri),
          uri: chunk.uri,
        }
      })
    return { kind, calibration, items }
  })
}

async function onXquad(embedder: RunningEmbedder, language: Language): Promise<List[]> {
  const { documents, questions } = await embeddedXquad(language)
  const chunks = documents.flatMap(({ uri, title, chunks: cut }) =>
    cut.map((chunk) => ({ ...chunk, uri, title })),
  )
  const sentences = await Promise.all(
    chunks.map(async ({ text }) => {
      const cut = splitSentences(text).map(({ start, end }) => text.slice(start, end).replace(/\s+/gu, ' '))
      return (await embedder.embed(cut, { as: 'passage', priority: 'ingest' })).map(({ vector }) => vector)
    }),
  )
  const asked = questions.map(
    ({ text, vector, document }): Asked => ({
      text,
      vector,
      right: [document],
      kind: 'xquad',
      calibration: isCalibration(document),
    }),
  )
  return listsOf(chunks, asked, (chunk, question) =>
    Math.max(...(sentences[chunk] ?? []).map((sentence) => cosine(question, sentence))),
  )
}

interface DocsqaQuestion {
  readonly question: string
  readonly answerable: boolean
  readonly documents?: readonly string[]
  readonly also?: readonly { readonly document: string }[]
  readonly history?: readonly unknown[]
}

async function onDocuments(embedder: RunningEmbedder, folder: string, language: Language): Promise<List[]> {
  const tokenizer = loadTokenizer(builtinModel().folder)
  const chunks: Chunk[] = []
  for (const { uri, bytes } of filesIn(join(folder, 'documents'))) {
    const parsed = await parseDocument(bytes, uri, tokenizer, { maxTextLength: 1e6 })
    const embeddings = await embedder.embed(
      parsed.chunks.map(({ embedText }) => embedInput(embedText)),
      { as: 'passage', priority: 'ingest' },
    )
    for (const [i, { heading, text }] of parsed.chunks.entries()) {
      const vector = embeddings[i]?.vector
      if (vector !== undefined) chunks.push({ uri, title: parsed.title, heading, text, vector })
    }
  }
  const questions = linesOf<DocsqaQuestion>(join(folder, 'questions.jsonl'))
    .filter(({ answerable, history }) => answerable && history === undefined)
    .map(({ question, documents = [], also = [] }) => ({
      text: question,
      right: [...documents, ...also.map(({ document }) => document)],
      kind: 'docsqa' as const,
    }))
  const searches = linesOf<Search>(
    fileURLToPath(new URL(`../test/data/searches/${language}.jsonl`, import.meta.url)),
  )
    // Those are corrected first, and phrases go first in any case.
    .filter(({ kind }) => kind === 'identifier' || kind === 'name')
    .map(({ query, kind, documents }) => ({ text: query, right: documents, kind }))
  const asked = await Promise.all(
    [...questions, ...searches].map(async ({ text, right, kind }): Promise<Asked> => {
      const [embedding] = await embedder.embed([text], { as: 'query', priority: 'question' })
      if (embedding === undefined) throw new Error('the embedder returned nothing')
      const calibration =
        createHash('sha256')
          .update(right[0] ?? '')
          .digest()
          .readUInt8() %
          2 ===
        0
      return { text, vector: embedding.vector, right, kind, calibration }
    }),
  )
  return listsOf(chunks, asked)
}

function fitted(lists: readonly List[]): FusionWeights {
  const learnt = lists.filter(({ calibration }) => calibration)
  const weights = fitChoice(
    WORD_FEATURES,
    learnt.map(({ items }) => items),
  )
  const beside = fitChoice(
    ['words', 'sentence'],
    learnt
      .filter(({ kind }) => kind === 'xquad')
      .map(({ items }) =>
        items.map(({ features, sentence, right }) => ({
          features: {
            words: WORD_FEATURES.reduce((sum, name) => sum + weights[name] * features[name], 0),
            sentence,
          },
          right,
        })),
      ),
  )
  return { ...weights, sentence: beside.sentence / beside.words }
}

/** Recall@1 and @5 of a half, as the product ranks: sentences only where the first passages are close. */
function recallOf(lists: readonly List[], weights: FusionWeights): string {
  const share = (k: number) =>
    (lists.filter((list) => rankOf(list, weights) <= k).length / lists.length).toFixed(3)
  return `${share(1)} ${share(5)}`
}

function rankOf({ items }: List, weights: FusionWeights): number {
  const fused = items
    .map((item) => ({ ...item, score: fuse(weights, { ...item.features, sentence: 0 }) }))
    .sort((a, b) => b.score - a.score)
  const sure = certainty(
    weights,
    fused.map(({ score }) => score),
  )
  const compared = fused
    .map((item, i) => ({
      ...item,
      score: item.score + (sure < 0.9 && i < 5 ? (weights.sentence * item.sentence) / weights.vector : 0),
    }))
    .sort((a, b) => b.score - a.score)
  const uris = [...new Set(compared.map(({ uri }) => uri))]
  const at = uris.findIndex((uri) => compared.some((item) => item.uri === uri && item.right))
  return at < 0 ? Number.POSITIVE_INFINITY : at + 1
}

const [docsqa = '../shared/data/docsqa'] = process.argv.slice(2)
if (!existsSync(docsqa)) throw new Error(`There is no ${docsqa}.`)
const embedder = keepingVectors(await startEmbedder({ model: builtinModel() }))
for (const language of LANGUAGES) {
  const lists = [
    ...(await onXquad(embedder, language)),
    ...(await onDocuments(embedder, join(docsqa, language), language)),
  ]
  const weights = fitted(lists)
  const fields = Object.entries(weights).map(([name, weight]) => `${name}: ${weight.toFixed(1)}`)
  console.log(`${language}: { ${fields.join(', ')} },`)
  for (const [kind, of] of Map.groupBy(lists, (list) => list.kind)) {
    const half = (calibration: boolean) => of.filter((list) => list.calibration === calibration)
    for (const [name, tried] of [
      ['these', weights],
      ['those in force', FUSION_WEIGHTS[language]],
    ] as const)
      console.log(
        `  ${kind}, ${name}: learnt from ${recallOf(half(true), tried)}, held out ${recallOf(half(false), tried)}`,
      )
  }
}
await embedder.close()

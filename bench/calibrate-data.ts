/** Questions with the passages that are retrieved for them, as the daemon would, but in this process. */
import { readFileSync } from 'node:fs'
import { builtinModel } from '../models/builtin.ts'
import { loadTokenizer } from '../models/tokenizer.ts'
import type { Passage } from '../src/domain/answer.ts'
import type { Embedder } from '../src/domain/embedding.ts'
import type { Language } from '../src/domain/language.ts'
import { embedInput } from '../src/ingest/embed-input.ts'
import { markdown } from '../src/ingest/markdown.ts'
import { splitDocument } from '../src/ingest/splitter.ts'
import { articleOf, isCalibration, loadXquad } from './xquad.ts'

/** As many passages as an answer is made of by default. */
export const PASSAGES = 6

/** A question and the passages that may answer it. */
export interface Retrieval {
  readonly question: string
  readonly vector: Float32Array
  readonly passages: readonly Passage[]
}

export interface Asked {
  readonly language: Language
  /** False when its document is on the topic, but has no answer. */
  readonly answerable: boolean
  readonly answers: readonly string[]
  /** The document that holds the answer. */
  readonly document: string
  /** Whether it may be learnt from. */
  readonly calibration: boolean
  readonly found: Retrieval
  /** Without every passage of the answer's article. */
  readonly absent: Retrieval
  /** Without the passages of the answer's own document: on the topic, but without the answer. */
  readonly onTopic: Retrieval
  /** The same question about a name or number of another article, if it has one. */
  readonly stranger?: Retrieval
}

interface Source {
  readonly document: string
  readonly group: string
  readonly title: string
  readonly text: string
}

interface Query {
  readonly text: string
  readonly answerable: boolean
  readonly answers: readonly string[]
  readonly document: string
  readonly calibration: boolean
}

/** Questions in one language on the XQuAD text in the same or the other. */
export async function askXquad(embedder: Embedder, asking: Language, text: Language): Promise<Asked[]> {
  const { questions } = loadXquad(asking)
  const corpus = loadXquad(text)
  const sources = corpus.paragraphs.map((paragraph) => ({
    ...paragraph,
    document: paragraph.file,
    group: articleOf(paragraph.file),
  }))
  const queries = questions.map((question, index) => ({
    text: question.text,
    answerable: true,
    answers: corpus.questions[index]?.answers ?? [],
    document: question.document,
    calibration: isCalibration(question.document),
  }))
  return ask(embedder, asking, sources, queries)
}

/** The questions of ClapNQ on all of its passages. */
export async function askClapnq(embedder: Embedder): Promise<Asked[]> {
  const items = loadClapnq()
  const sources = items.map((item, index) => ({ ...item, document: `${index}`, group: `${index}` }))
  const queries = items.map((item, index) => ({
    text: item.question,
    answerable: item.answerable,
    answers: [],
    document: `${index}`,
    calibration: true,
  }))
  return ask(embedder, 'en', sources, queries)
}

interface ClapnqItem {
  readonly question: string
  readonly answerable: boolean
  readonly title: string
  readonly text: string
}

function loadClapnq(): ClapnqItem[] {
  const lines = readFileSync(new URL('../test/data/clapnq/items.jsonl', import.meta.url), 'utf8')
  return lines
    .trimEnd()
    .split('\n')
    .map((line): ClapnqItem => JSON.parse(line))
    .map((item) => ({ ...item, text: untokenised(item.text) }))
}

/** ClapNQ's text has spaces around punctuation and quotation marks in the style of the Penn treebank. */
const untokenised = (text: string) =>
  text
    .replace(/ ([.,;:!?)\]%])/g, '$1')
    .replace(/([([]) /g, '$1')
    .replace(/`` ?/g, '"')
    .replace(/ ?''/g, '"')
    .replace(/ - /g, '-')
    .replace(/ ('s|n't|'re|'ve|'ll)\b/g, '$1')

/** Half of the documents have a heading, as documents do; the other half is bare text. */
const markdownOf = ({ title, text }: Source, index: number) =>
  index % 2 === 0 ? `# ${title}\n\n${text}` : text

async function ask(
  embedder: Embedder,
  language: Language,
  sources: readonly Source[],
  queries: readonly Query[],
): Promise<Asked[]> {
  const tokenizer = loadTokenizer(builtinModel().folder)
  const pieces = sources.flatMap((source, index) =>
    splitDocument(markdown.load(markdownOf(source, index), source.document), tokenizer).map((chunk) => ({
      source,
      chunk,
    })),
  )
  const vectors = await embedder.embed(
    pieces.map(({ chunk }) => embedInput(chunk.embedText)),
    { as: 'passage', priority: 'ingest' },
  )
  const questions = await embedder.embed(
    queries.map(({ text }) => text),
    { as: 'query', priority: 'ingest' },
  )
  const strange = queries.map(({ text }, index) =>
    aboutAnother(text, queries[(index + 601) % queries.length]?.text),
  )
  const strangers = await embedder.embed(strange, { as: 'query', priority: 'ingest' })

  const retrieve = (
    question: string,
    vector: Float32Array,
    among: (source: Source) => boolean,
  ): Retrieval => ({
    question,
    vector,
    passages: pieces
      .flatMap(({ source, chunk }, i) => {
        const other = vectors[i]?.vector
        return other !== undefined && among(source) ? { source, chunk, score: dot(vector, other) } : []
      })
      .toSorted((a, b) => b.score - a.score)
      .slice(0, PASSAGES)
      .map(({ source, chunk, score }, i) => ({
        number: i + 1,
        chunk: `${source.document}:${chunk.start}`,
        document: source.document,
        collection: language,
        uri: source.document,
        title: source.title,
        start: chunk.start,
        end: chunk.end,
        text: chunk.text,
        ...(chunk.heading === '' ? {} : { heading: chunk.heading }),
        score,
      })),
  })
  return queries.map(({ text, ...query }, index) => {
    const vector = questions[index]?.vector ?? new Float32Array()
    const group = sources.find(({ document }) => document === query.document)?.group
    const other = strange[index] ?? ''
    return {
      ...query,
      language,
      found: retrieve(text, vector, () => true),
      absent: retrieve(text, vector, (source) => source.group !== group),
      onTopic: retrieve(text, vector, (source) => source.document !== query.document),
      ...(other === text
        ? {}
        : { stranger: retrieve(other, strangers[index]?.vector ?? vector, () => true) }),
    }
  })
}

/** Names of several words, and numbers; the first word's capital says nothing. */
const NAME = /(?<=\s)(?:\p{Lu}[\p{L}\p{N}-]+|\d[\d,.]*)(?:\s+\p{Lu}[\p{L}\p{N}-]+)*/u

/** The question with its first name or number replaced by that of another question; unchanged when there is none. */
function aboutAnother(text: string, other = ''): string {
  const name = NAME.exec(other)?.[0]
  return name === undefined ? text : text.replace(NAME, name)
}

export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0)
  return sum
}

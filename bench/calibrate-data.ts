/** Questions with the passages that the product's search finds for them, in a store of their own. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { builtinModel } from '../models/builtin.ts'
import { loadTokenizer } from '../models/tokenizer.ts'
import type { Passage, SearchFilter } from '../src/domain/answer.ts'
import type { Language } from '../src/domain/language.ts'
import { LOCAL_PRINCIPAL } from '../src/domain/principal.ts'
import { parseDocument } from '../src/ingest/parse.ts'
import { SPLITTER_VERSION } from '../src/ingest/split/splitter.ts'
import type { Embedder } from '../src/ports/embedder.ts'
import type { Store } from '../src/ports/store/store.ts'
import { retrievalSchema } from '../src/protocol/retrieval.ts'
import { retrieve } from '../src/retrieval/retrieve.ts'
import { embedInput } from '../src/text/embed-input.ts'
import { pgliteDatabase } from '../test/support/database.ts'
import { putEmbedded } from '../test/support/put-embedded.ts'
import { articleOf, isCalibration, loadXquad } from './xquad.ts'

/** A question and the passages that may answer it. */
export interface Retrieval {
  readonly question: string
  readonly vector: Float32Array
  readonly passages: readonly Passage[]
  /** What was searched instead, if words were misspelt. */
  readonly searched?: string | undefined
}

export interface Asked {
  readonly language: Language
  /** False when its document is on the topic, but has no answer. */
  readonly answerable: boolean
  readonly answers: readonly string[]
  /** Uri of the document that holds the answer. */
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
  const sources = items.map((item, index) => ({ ...item, document: `${index}/1.md`, group: `${index}` }))
  const queries = items.map((item, index) => ({
    text: item.question,
    answerable: item.answerable,
    answers: [],
    document: `${index}/1.md`,
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
  await using database = await pgliteDatabase()
  const files = sources.map((source, index) => ({
    uri: source.document,
    bytes: Buffer.from(markdownOf(source, index)),
  }))
  const search = await searchIn(database.store, embedder, files)
  const retrieval = (question: string, filter?: SearchFilter) => search(question, language, filter)
  const asked: Asked[] = []
  for (const [index, { text, ...query }] of queries.entries()) {
    const group = sources.find(({ document }) => document === query.document)?.group
    const other = aboutAnother(text, queries[(index + 601) % queries.length]?.text)
    asked.push({
      ...query,
      language,
      found: await retrieval(text),
      absent: await retrieval(text, { excludePaths: [`${group}/**`] }),
      onTopic: await retrieval(text, { excludePaths: [query.document] }),
      ...(other === text ? {} : { stranger: await retrieval(other) }),
    })
  }
  return asked
}

export interface File {
  readonly uri: string
  readonly bytes: Buffer
}

/** Puts the files into an empty store; gives the search for what an answer is made of. */
export async function searchIn(store: Store, embedder: Embedder, files: readonly File[]) {
  await putAll(store, embedder, files)
  const collections = await store.collections.readable(LOCAL_PRINCIPAL, [COLLECTION])
  const settings = retrievalSchema.parse({})
  return async (question: string, language: Language, filter?: SearchFilter): Promise<Retrieval> => {
    const [embedding] = await embedder.embed([question], { as: 'query', priority: 'question' })
    if (embedding === undefined) throw new Error('the embedder returned nothing')
    const { passages, searched } = await retrieve({ store, embedder }, LOCAL_PRINCIPAL, {
      question,
      language,
      collections,
      vector: embedding.vector,
      settings,
      signal: new AbortController().signal,
      filter,
    })
    return { question, vector: embedding.vector, passages, searched }
  }
}

const COLLECTION = 'calibrate'

async function putAll(store: Store, embedder: Embedder, files: readonly File[]): Promise<void> {
  const { fingerprint: model, dimensions } = embedder.model
  const tokenizer = loadTokenizer(builtinModel().folder)
  await store.collections.ensure(LOCAL_PRINCIPAL, COLLECTION)
  for (const { uri, bytes } of files) {
    const { chunks, ...parsed } = await parseDocument(bytes, uri, tokenizer, { maxTextLength: 1e6 })
    const vectors = await embedder.embed(
      chunks.map(({ embedText }) => embedInput(embedText)),
      { as: 'passage', priority: 'ingest' },
    )
    await putEmbedded(
      store,
      LOCAL_PRINCIPAL,
      COLLECTION,
      { reference: 'builtin', model, dimensions, splitter: SPLITTER_VERSION },
      {
        ...parsed,
        uri,
        bytes: bytes.length,
        hash: createHash('sha256').update(bytes).digest('hex'),
        modifiedAt: null,
        source: null,
      },
      chunks.flatMap((chunk, i) => {
        const vector = vectors[i]?.vector
        return vector === undefined ? [] : [{ ...chunk, vector }]
      }),
    )
  }
  await store.maintain()
}

/** Names of several words, and numbers; the first word's capital says nothing. */
const NAME = /(?<=\s)(?:\p{Lu}[\p{L}\p{N}-]+|\d[\d,.]*)(?:\s+\p{Lu}[\p{L}\p{N}-]+)*/u

/** The question with its first name or number replaced by that of another question; unchanged when there is none. */
function aboutAnother(text: string, other = ''): string {
  const name = NAME.exec(other)?.[0]
  return name === undefined ? text : text.replace(NAME, name)
}

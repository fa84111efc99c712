/** Retrieval on a real store with a real model: what is found, why, and what is left out. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { builtinModel } from '../../models/builtin.ts'
import { type RunningEmbedder, startEmbedder } from '../../models/embedder.ts'
import { loadTokenizer } from '../../models/tokenizer.ts'
import { LOCAL_PRINCIPAL } from '../../src/domain/principal.ts'
import { parseDocument } from '../../src/ingest/parse.ts'
import type { Reranker } from '../../src/ports/reranker.ts'
import { type RetrievalOptions, retrievalSchema, withOptions } from '../../src/protocol/retrieval.ts'
import { retrieve } from '../../src/retrieval/retrieve.ts'
import { embedInput } from '../../src/text/embed-input.ts'
import { detectLanguage } from '../../src/text/language.ts'
import { pgliteDatabase, type TestDatabase } from '../support/database.ts'
import { putEmbedded } from '../support/put-embedded.ts'

const RESTORE =
  'Snapshots are restored with the command harbour restore, which takes the name of one snapshot.'
const LONG = Array.from(
  { length: 60 },
  (_, index) =>
    `Rule ${index}: the keeper of pier ${index} writes every mooring of the day into the green book.`,
).join(' ')

const DOCUMENTS: Readonly<Record<string, string>> = {
  'backup.md': `# Backups\n\n${RESTORE}`,
  'copy-1.md': `# Copy\n\n${RESTORE}`,
  'copy-2.md': `# Another copy\n\n${RESTORE.replace('with the', 'with  the')}`,
  'errors.md':
    '# Errors\n\nHRB-4711 means that the disk is full.\n\nHRB-4712 means that the network is down.',
  'phrase.md': '# Keys\n\nThe signing key rotates every ninety days. Other keys never rotate.',
  'keys.md': '# Signing\n\nSigning a release needs a key of two persons, and each key is kept in a safe.',
  'long.md': `# Moorings\n\n${LONG}`,
  'vacation.md': '# Отпуск\n\nОтпуск длится двадцать восемь дней. Заявление подают за две недели.',
}

let database: TestDatabase
let embedder: RunningEmbedder

beforeAll(async () => {
  database = await pgliteDatabase()
  embedder = await startEmbedder({ model: builtinModel(), workers: 1 })
  const tokenizer = loadTokenizer(builtinModel().folder)
  const { fingerprint: model, dimensions } = embedder.model
  await database.store.collections.create(LOCAL_PRINCIPAL, 'docs')
  for (const [uri, source] of Object.entries(DOCUMENTS)) {
    const bytes = Buffer.from(source)
    const { chunks, title, mediaType, language, text } = await parseDocument(bytes, uri, tokenizer, {
      maxTextLength: 1e6,
    })
    const embeddings = await embedder.embed(
      chunks.map(({ embedText }) => embedInput(embedText)),
      { as: 'passage', priority: 'ingest' },
    )
    const embedded = chunks.flatMap((chunk, index) => {
      const vector = embeddings[index]?.vector
      return vector === undefined ? [] : [{ ...chunk, vector }]
    })
    const hash = createHash('sha256').update(bytes).digest('hex')
    const rest = { bytes: bytes.length, hash, warnings: [], metadata: {}, modifiedAt: null, source: null }
    await putEmbedded(
      database.store,
      LOCAL_PRINCIPAL,
      'docs',
      { reference: 'builtin', model, dimensions, splitter: 'test' },
      { uri, title, mediaType, language, text, ...rest },
      embedded,
    )
  }
})

afterAll(async () => {
  await embedder.close()
  await database[Symbol.asyncDispose]()
})

async function find(question: string, options: RetrievalOptions = {}, reranker?: Reranker, limit?: number) {
  const [embedding] = await embedder.embed([question], { as: 'query', priority: 'question' })
  if (embedding === undefined) throw new Error('no vector')
  return retrieve({ store: database.store, embedder, reranker }, LOCAL_PRINCIPAL, {
    question,
    language: detectLanguage(question),
    collections: await database.store.collections.readable(LOCAL_PRINCIPAL),
    vector: embedding.vector,
    settings: withOptions(retrievalSchema.parse({}), options),
    signal: new AbortController().signal,
    limit,
  })
}

async function chunkCount(): Promise<number> {
  const [collection] = await database.store.collections.list(LOCAL_PRINCIPAL)
  return collection?.chunks ?? 0
}

describe('retrieval', () => {
  it('finds an error code by its letters, and says why', async () => {
    const { passages } = await find('HRB-4712')
    const [best] = passages
    expect(best?.uri).toBe('errors.md')
    expect(best?.scores?.matched).toContain('hrb4712')
    expect(best?.scores?.lexical).toBeGreaterThan(0)
    expect(best?.scores?.fused).toBeGreaterThan(best?.scores?.vector ?? 1)
  })

  it('puts a phrase in quotation marks before its words', async () => {
    const { passages } = await find('"signing key"')
    expect(passages[0]?.uri).toBe('phrase.md')
    expect(passages.find(({ uri }) => uri === 'keys.md')?.scores?.fused).toBeLessThan(2)
  })

  it.each([
    ['snapshots restroed', 'snapshots restored', 'backup.md'],
    ['How are snaphots of the harbuor restored?', 'How are snapshots of the harbour restored?', 'backup.md'],
    ['заявлние на отпуск', 'заявление на отпуск', 'vacation.md'],
    ['jngecr', 'отпуск', 'vacation.md'],
    ['Pfzdktybt yf jngecr', 'заявление на отпуск', 'vacation.md'],
    ['ьщщкштп', 'mooring', 'long.md'],
  ])('reads %s as %s', async (question, meant, uri) => {
    const { passages, searched } = await find(question)
    expect(searched).toBe(meant)
    if (uri !== undefined)
      expect([uri, ...(uri === 'backup.md' ? ['copy-1.md', 'copy-2.md'] : [])]).toContain(passages[0]?.uri)
  })

  it.each([
    ['no word of the documents is near', 'What do quokkas eat?'],
    ['the word is a code', 'HRB-4713'],
    ['the word is in quotation marks', '"snapshits" of the harbour'],
    ['another name may be meant', 'What does Piet keep?'],
    ['all words are known', 'restored snapshots'],
  ])('respells nothing where %s', async (_, question) => {
    expect((await find(question)).searched).toBeUndefined()
  })

  it('finds Russian words in other cases', async () => {
    const { passages } = await find('заявления на отпуска', { mode: 'lexical' })
    expect(passages.map(({ uri }) => uri)).toEqual(['vacation.md'])
  })

  it('finds nothing by words when the question has stop words alone', async () => {
    expect((await find('who is it', { mode: 'lexical' })).passages).toEqual([])
    expect((await find('who is it')).passages.length).toBeGreaterThan(0)
  })

  it('shows a paragraph once, however many copies there are', async () => {
    const { passages } = await find('How are snapshots restored?', { passages: 20 })
    expect(passages.filter(({ text }) => /harbour\s+restore/.test(text))).toHaveLength(1)
  })

  it('joins neighbours into one passage whose span is its text', async () => {
    const { passages } = await find('Who writes every mooring into the green book?', { passages: 20 })
    const joined = passages.filter(({ uri }) => uri === 'long.md')
    const { text } = await database.store.documents.text(LOCAL_PRINCIPAL, 'long.md')
    const alone = await database.store.documents.get(LOCAL_PRINCIPAL, 'long.md')
    expect(joined.length).toBeLessThan(alone.chunks)
    for (const { start, end, text: quoted } of passages.filter(({ uri }) => uri === 'long.md')) {
      expect(text.slice(start, end)).toBe(quoted)
    }
  })

  it('gives as many passages as a search asks for, however many neighbours were joined', async () => {
    const question = 'Who writes every mooring into the green book?'
    const all = (await find(question, {}, undefined, 50)).passages
    expect(all.length).toBeLessThan(await chunkCount())
    for (const limit of [1, 3, all.length]) {
      const { passages } = await find(question, {}, undefined, limit)
      expect(passages.map(({ uri }) => uri)).toEqual(all.slice(0, limit).map(({ uri }) => uri))
    }
  })

  it('leaves out what exceeds the budget of tokens, and says so', async () => {
    const { passages, warnings } = await find('Who writes every mooring into the green book?', {
      maxTokens: 64,
    })
    expect(passages).toHaveLength(1)
    expect(warnings).toEqual([
      expect.stringMatching(/left out of the context: .* 64 tokens \(retrieval\.maxTokens\)/),
    ])
    expect((await find('green book', { maxTokens: 64 }, undefined, 5)).warnings).toEqual([])
  })

  it('lets a reranker order what it can read, within its time', async () => {
    const asked: string[] = []
    const reranker: Reranker = {
      name: 'by length',
      languages: ['en'],
      rerank: async (question, texts) => {
        asked.push(question)
        return texts.slice(0, 3).map((text) => -text.length)
      },
    }
    const plain = await find('How are snapshots restored?')
    const { passages } = await find('How are snapshots restored?', {}, reranker)
    expect(passages.filter(({ scores }) => scores?.rerank !== undefined).length).toBeGreaterThan(0)
    const fused = passages.map(({ scores }) => scores?.fused ?? 0)
    expect(fused).toEqual(fused.toSorted((one, other) => other - one))
    expect(fused).not.toEqual(plain.passages.map(({ scores }) => scores?.fused))
    await find('Сколько длится отпуск?', {}, reranker)
    await find('How are snapshots restored?', { rerank: false }, reranker)
    expect(asked).toEqual(['How are snapshots restored?'])
  })
  it('keeps the order and says so when the reranker fails', async () => {
    const broken: Reranker = {
      name: 'broken',
      languages: ['en'],
      rerank: () => Promise.reject(new Error('out of memory')),
    }
    const plain = await find('How are snapshots restored?')
    const { passages, warnings } = await find('How are snapshots restored?', {}, broken)
    expect(passages).toEqual(plain.passages)
    expect(warnings.join()).toMatch(/^The passages were not reranked: /)
    // The words of another program are for the log.
    expect(warnings.join()).not.toContain('out of memory')
  })
})

import { createHash, randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { Answer, Citation, Position } from '../../src/domain/answer.ts'
import type { Collection, EmbeddedChunk, IndexSpec, SearchedCollection } from '../../src/domain/document.ts'
import type { ErrorCode } from '../../src/domain/errors.ts'
import { packBlocks } from '../../src/domain/packed-blocks.ts'
import type { Principal } from '../../src/domain/principal.ts'
import type { IndexSpecs } from '../../src/ingest/split/index-spec.ts'
import type { Embedder } from '../../src/ports/embedder.ts'
import type { NewAsk } from '../../src/ports/store/answers.ts'
import type { ArchiveRecord } from '../../src/ports/store/backup-records.ts'
import type { NewDocument } from '../../src/ports/store/documents.ts'
import type { Store } from '../../src/ports/store/store.ts'
import { putEmbedded } from '../support/put-embedded.ts'

/** The position of an answer's end. */
export const at = (epoch: number, seq = 2): Position => ({ epoch, seq })

export const ANNA: Principal = { id: 'anna', kind: 'local' }
export const BORIS: Principal = { id: 'boris', kind: 'local' }

export const SPEC: IndexSpec = {
  reference: 'test',
  model: 'test@000000000000',
  dimensions: 8,
  splitter: 'test-1',
}

/** Whatever the collection: this embedder and SPEC. */
export function fixedSpecs(embedder: Embedder): IndexSpecs {
  const indexing = { embedder, spec: SPEC }
  return { of: async () => indexing, with: async () => indexing }
}

/** A unit vector that is the same for the same seed. */
export function vectorOf(seed: string, dimensions = SPEC.dimensions): Float32Array {
  const bytes = createHash('shake256', { outputLength: dimensions * 2 })
    .update(seed)
    .digest()
  const raw = Array.from({ length: dimensions }, (_, index) => bytes.readInt16BE(index * 2))
  const norm = Math.hypot(...raw)
  return Float32Array.from(raw, (value) => value / norm)
}

/** A document whose chunks are these paragraphs, each embedded as `vectorOf(paragraph)`. */
export function documentOf(
  uri: string,
  paragraphs: readonly string[],
): { document: NewDocument; chunks: EmbeddedChunk[] } {
  const text = paragraphs.join('\n')
  let start = 0
  const chunks = paragraphs.map((paragraph, ordinal) => {
    const span = { start, end: start + paragraph.length }
    const page = ordinal === 0 ? 2 : undefined
    const chunk = {
      ordinal,
      ...span,
      text: paragraph,
      heading: '',
      ...(page === undefined ? {} : { line: 1, page }),
      embedText: paragraph,
      hash: sha256(paragraph),
      tokens: 5,
      blocks: packBlocks([
        { ...span, kind: 'paragraph', headings: [], ...(page === undefined ? {} : { page }), leads: [] },
      ]),
      vector: vectorOf(paragraph),
    }
    start += paragraph.length + 1
    return chunk
  })
  const document: NewDocument = {
    uri,
    title: `Title of ${uri}`,
    mediaType: 'text/markdown',
    language: 'en',
    bytes: Buffer.byteLength(text),
    hash: sha256(text),
    text,
    warnings: ['a warning'],
    metadata: { author: 'Анна 🙂' },
    modifiedAt: new Date('2025-03-01T12:00:00Z'),
    source: null,
  }
  return { document, chunks }
}

export function put(store: Store, collection: string, uri: string, paragraphs: readonly string[]) {
  const { document, chunks } = documentOf(uri, paragraphs)
  return putEmbedded(store, ANNA, collection, SPEC, document, chunks)
}

/** Of a document with these paragraphs, how many would need a new vector. */
export async function unknownTo(store: Store, collection: string, paragraphs: readonly string[]) {
  const { document, chunks } = documentOf(`${randomUUID()}.md`, paragraphs)
  const staged = await store.staging.stageAlone(ANNA, { collection, spec: SPEC }, document, chunks, 60_000)
  if (staged.status === 'unchanged') throw new Error(`${document.uri} is there`)
  const { claim } = staged
  const next = await store.staging.next(claim, SPEC, { document: 0, ordinal: -1 }, chunks.length)
  await store.jobs.cancel(ANNA, claim.job)
  await store.jobs.forget(ANNA, claim.job)
  return next?.chunks.length
}

/** A collection with a name that no other test has. */
export function newCollection(store: Store): Promise<Collection> {
  return store.collections.create(ANNA, `c-${randomUUID()}`)
}

export async function revisionOf(store: Store, collection: string): Promise<number> {
  const [found] = await store.collections.readable(ANNA, [collection])
  if (found === undefined) throw new Error(`no collection ${collection}`)
  return found.revision
}

/** As a question finds it while nothing is being indexed. */
export const searched = (collection: Collection): SearchedCollection => ({ ...collection, indexing: 0 })

export function askOf(values: Partial<NewAsk> = {}): NewAsk {
  return {
    id: randomUUID(),
    bodyHash: 'body',
    question: 'What is a lease?',
    collections: [],
    language: 'en',
    generator: 'extractive',
    lease: { owner: 'daemon-1', forMs: 3_600_000 },
    request: { question: 'What is a lease?' },
    mayTakeOver: true,
    ...values,
  }
}

export const LAPSED = { owner: 'daemon-1', forMs: -1000 }

export const CITATION: Citation = {
  number: 1,
  document: '3f333df6-90a4-4fda-8dd3-9485d27cee36',
  uri: 'docs/lease.md',
  title: 'Leases',
  start: 10,
  end: 31,
  text: 'A lease is a promise 🙂.',
  heading: 'Leases › Basics',
  page: 3,
  line: 7,
  score: 0.8125,
}

export function answerOf(ask: NewAsk, conversation: string, values: Partial<Answer> = {}): Answer {
  return {
    id: ask.id,
    conversation,
    question: ask.question,
    searched: 'What is a lease in a database?',
    text: 'A lease is a promise 🙂. [1]',
    certainty: 'answered',
    citations: [CITATION],
    cached: false,
    generator: 'extractive',
    language: 'en',
    usage: { promptTokens: 12, completionTokens: 7 },
    timings: { embed: 2, total: 9.5 },
    warnings: [],
    ...values,
  }
}

export async function expectCode(promise: Promise<unknown>, code: ErrorCode): Promise<void> {
  await expect(promise).rejects.toMatchObject({ name: 'ChatbotError', code })
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

export async function* stream(records: readonly ArchiveRecord[]): AsyncGenerator<ArchiveRecord> {
  yield* records
}

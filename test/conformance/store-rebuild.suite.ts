import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { IndexSpec } from '../../src/domain/document.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import { unpackBlocks } from '../../src/domain/packed-blocks.ts'
import type { IndexSpecs } from '../../src/ingest/split/index-spec.ts'
import { recutDocument } from '../../src/ingest/split/recut.ts'
import { type JobRunner, startJobRunner } from '../../src/jobs/runner.ts'
import type { Embedder } from '../../src/ports/embedder.ts'
import type { Store } from '../../src/ports/store/store.ts'
import { embedInput } from '../../src/text/embed-input.ts'
import type { TestDatabase } from '../support/database.ts'
import { putEmbedded } from '../support/put-embedded.ts'
import { until } from '../support/until.ts'
import {
  ANNA,
  BORIS,
  documentOf,
  expectCode,
  newCollection,
  put,
  revisionOf,
  SPEC,
  vectorOf,
} from './store-fixtures.ts'

const OTHER: IndexSpec = { ...SPEC, reference: 'other', model: 'other@000000000000', dimensions: 6 }

export function rebuildSuite(database: () => TestDatabase): void {
  describe('a rebuild', () => {
    let beforeEmbedding = async (): Promise<void> => {}
    let embedded = 0
    const embedderOf = (spec: IndexSpec): Embedder => ({
      model: { fingerprint: spec.model, name: spec.reference, dimensions: spec.dimensions, maxTokens: 512 },
      embed: async (texts) => {
        await beforeEmbedding()
        embedded += texts.length
        return texts.map((text) => ({
          vector: vectorOf(text, spec.dimensions),
          tokens: 1,
          unknown: 0,
          truncated: false,
        }))
      },
    })
    let splitter = SPEC.splitter
    const specs: IndexSpecs = {
      with: async (reference) => {
        const spec = { ...(reference === OTHER.reference ? OTHER : SPEC), splitter }
        return { spec, embedder: embedderOf(spec) }
      },
      of: (collection) => specs.with(collection),
    }
    let runner: JobRunner
    const start = async () =>
      startJobRunner({
        store: database().store,
        specs,
        recut: async (document) => recutDocument(document, { count: (text) => text.split(/\s+/u).length }),
        alone: true,
        onError: () => {},
        patience: { firstMs: 1, longestMs: 1, enoughMs: 0, wait: async () => {} },
      })
    beforeAll(async () => {
      runner = await start()
    })
    afterAll(() => runner.stop())

    const rebuild = async (store: Store, name: string, reference = OTHER.reference) => {
      const job = await store.rebuild.begin(ANNA, name, (await specs.with(reference)).spec)
      runner.wake()
      return job
    }
    const ended = (store: Store, id = '') =>
      until(async () => {
        const job = await store.jobs.get(ANNA, id)
        return job.state === 'running' ? undefined : job
      })
    const generations = async (store: Store, name: string) =>
      (await store.index.list(ANNA)).filter(({ collection }) => collection === name)
    const nearest = async (store: Store, name: string, text: string, spec: IndexSpec = OTHER) => {
      const collections = await store.collections.readable(ANNA, [name])
      const vector = vectorOf(embedInput(text), spec.dimensions)
      const found = await store.index.nearest(ANNA, { collections, model: spec.model, vector, limit: 1 })
      return found[0]
    }
    const paragraphs = (count: number, of: string) =>
      Array.from({ length: count }, (_, index) => `${of} ${index}`)

    /** The texts of the blocks that are stored with a document; null where there are none. */
    const blocksOf = async (store: Store, document: string) => {
      const { text } = await store.documents.text(ANNA, document)
      const found = await store.documents.chunksAt(ANNA, [{ document, start: 0, end: text.length }])
      return found.flatMap(({ blocks }) =>
        blocks === null ? [null] : unpackBlocks(blocks).map(({ start, end }) => text.slice(start, end)),
      )
    }

    it('gives a collection another model, and drops what it had', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const first = await put(store, name, 'a.md', paragraphs(130, 'apple'))
      await put(store, name, 'b.md', ['pear', 'apple 3'])
      const before = await revisionOf(store, name)
      const job = await rebuild(store, name)
      expect(job).toMatchObject({ kind: 'rebuild', collection: name, documents: 2, chunks: 132 })
      expect(await ended(store, job?.id)).toMatchObject({ state: 'done', indexed: 2, documents: 2 })
      expect(await generations(store, name)).toMatchObject([
        { state: 'active', spec: OTHER, documents: 2, chunks: 132 },
      ])
      expect(await revisionOf(store, name)).toBe(before + 1)
      expect(await blocksOf(store, first.document.id)).toEqual(paragraphs(130, 'apple'))
      const found = await nearest(store, name, 'apple 77')
      expect(found).toMatchObject({
        document: first.document.id,
        text: 'apple 77',
        ordinal: 77,
      })
      expect(found?.similarity).toBeCloseTo(1)
      await expectCode(nearest(store, name, 'apple 77', SPEC), 'index_mismatch')
      const { complete, found: terms } = await store.index.frequencies(ANNA, {
        collections: await store.collections.readable(ANNA, [name]),
        model: OTHER.model,
        dimensions: OTHER.dimensions,
        terms: [],
      })
      expect({ complete, terms: terms.size }).toEqual({ complete: true, terms: 0 })
    })

    it('has nothing to do where there is nothing, or the same', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      expect(await rebuild(store, name)).toBeUndefined()
      await put(store, name, 'a.md', ['one'])
      expect(await rebuild(store, name, SPEC.reference)).toBeUndefined()
      await expectCode(store.rebuild.begin(ANNA, 'nowhere', OTHER), 'unknown_collection')
    })

    it('serves with the old index meanwhile, and takes in what is ingested, changed and deleted', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      await put(store, name, 'a.md', paragraphs(100, 'old'))
      await put(store, name, 'b.md', paragraphs(100, 'stays'))
      const gone = await put(store, name, 'c.md', paragraphs(100, 'goes'))
      let times = 0
      beforeEmbedding = async () => {
        times += 1
        if (times !== 3) return
        expect((await nearest(store, name, 'stays 5', SPEC))?.text).toBe('stays 5')
        await put(store, name, 'a.md', paragraphs(70, 'new'))
        await put(store, name, 'd.md', ['late'])
        await store.documents.remove(ANNA, gone.document.id)
      }
      const job = await rebuild(store, name)
      await ended(store, job?.id)
      beforeEmbedding = async () => {}
      expect(times).toBeGreaterThan(3)
      expect(await generations(store, name)).toMatchObject([
        { state: 'active', spec: OTHER, documents: 3, chunks: 171 },
      ])
      expect((await nearest(store, name, 'new 69'))?.text).toBe('new 69')
      expect((await nearest(store, name, 'late'))?.text).toBe('late')
    })

    it('embeds what waits to be indexed with the new model', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      await put(store, name, 'a.md', paragraphs(20, 'live'))
      const ingest = { kind: 'ingest', collection: name, input: SPEC, sealed: false } as const
      const run = await store.jobs.create(ANNA, ingest)
      const target = { collection: name, spec: SPEC, job: run.id }
      const stage = (uri: string, texts: string[]) => {
        const { document, chunks } = documentOf(uri, texts)
        return store.staging.stage(ANNA, target, document, chunks)
      }
      await stage('b.md', paragraphs(100, 'before'))
      const job = await rebuild(store, name)
      await stage('c.md', paragraphs(100, 'during'))
      runner.wake()
      expect(await ended(store, job?.id)).toMatchObject({ state: 'done' })
      await stage('d.md', ['after'])
      await store.jobs.seal(ANNA, run.id)
      runner.wake()
      expect(await ended(store, run.id)).toMatchObject({ state: 'done', indexed: 3, failed: 0 })
      expect(await generations(store, name)).toMatchObject([{ spec: OTHER, documents: 4, chunks: 221 }])
      for (const text of ['before 9', 'during 9', 'after'])
        expect((await nearest(store, name, text))?.text).toBe(text)
    })

    it('goes on where it was', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      await put(store, name, 'a.md', paragraphs(300, 'part'))
      let times = 0
      beforeEmbedding = async () => {
        times += 1
        if (times > 3) throw new ChatbotError('internal', 'The model is broken.')
      }
      const job = await rebuild(store, name)
      expect(await ended(store, job?.id)).toMatchObject({ state: 'failed', errorCode: 'internal' })
      expect((await nearest(store, name, 'part 5', SPEC))?.text).toBe('part 5')
      expect(await generations(store, name)).toMatchObject([{ state: 'active' }, { state: 'building' }])
      beforeEmbedding = async () => {}
      embedded = 0
      expect((await rebuild(store, name))?.id).toBe(job?.id)
      await ended(store, job?.id)
      expect(embedded).toBeGreaterThan(0)
      expect(embedded).toBeLessThan(300)
      expect(await generations(store, name)).toMatchObject([{ state: 'active', spec: OTHER, chunks: 300 }])
    })

    it('is given up, and what it made is dropped', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      await put(store, name, 'a.md', paragraphs(300, 'part'))
      const reached = Promise.withResolvers<void>()
      const held = Promise.withResolvers<void>()
      beforeEmbedding = async () => {
        reached.resolve()
        await held.promise
      }
      const job = await rebuild(store, name)
      await reached.promise
      await expectCode(store.rebuild.begin(ANNA, name, { ...OTHER, model: 'third@1' }), 'rebuild_running')
      await expectCode(store.rebuild.begin(BORIS, name, OTHER), 'rebuild_running')
      await store.jobs.cancel(ANNA, job?.id ?? '')
      held.resolve()
      beforeEmbedding = async () => {}
      await store.index.dropRetired()
      const [live, ...others] = await generations(store, name)
      expect(live).toMatchObject({ state: 'active', spec: SPEC, chunks: 300 })
      expect(others).toEqual([])
      await expectCode(store.index.drop(ANNA, live?.id ?? 0), 'bad_request')
      await expectCode(store.index.drop(ANNA, 1_000_000), 'not_found')
    })

    it('is given up by dropping what it makes', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      await put(store, name, 'a.md', ['one'])
      beforeEmbedding = async () => {
        throw new ChatbotError('internal', 'The model is broken.')
      }
      const job = await rebuild(store, name)
      await ended(store, job?.id)
      beforeEmbedding = async () => {}
      const [, made] = await generations(store, name)
      expect(await store.index.drop(ANNA, made?.id ?? 0)).toBe(name)
      expect(await generations(store, name)).toHaveLength(1)
      expect(await store.jobs.get(ANNA, job?.id ?? '')).toMatchObject({ state: 'cancelled' })
    })

    it('cuts the text anew for another splitter, with pages and headings, and lets ingest go on', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      await put(store, name, 'a.md', paragraphs(60, 'A sentence of several words'))
      splitter = 'test-2'
      try {
        const refused = put(store, name, 'b.md', ['one'])
        await refused
        const { document, chunks } = documentOf('c.md', ['two'])
        await expect(
          putEmbedded(store, ANNA, name, { ...SPEC, splitter }, document, chunks),
        ).rejects.toMatchObject({
          code: 'index_mismatch',
          message: expect.stringContaining(`chatbot index rebuild --collection ${name}`),
        })
        const job = await rebuild(store, name, SPEC.reference)
        expect(await ended(store, job?.id)).toMatchObject({ state: 'done', indexed: 2 })
        const [live] = await generations(store, name)
        expect(live).toMatchObject({ spec: { ...SPEC, splitter }, documents: 2 })
        expect(live?.chunks).toBeLessThan(61)
        const [a] = await store.documents.list(ANNA, { collection: name, limit: 1 })
        const { text } = await store.documents.text(ANNA, a?.id ?? '')
        expect(await blocksOf(store, a?.id ?? '')).toEqual(paragraphs(60, 'A sentence of several words'))
        const place = await store.documents.placeAt(ANNA, a?.id ?? '', 0)
        expect(place).toMatchObject({ start: 0, page: 2 })
        expect(text).toContain('A sentence of several words 59')
        expect((live?.chunks ?? 0) - 1).toBe(a?.chunks)
        expect((await putEmbedded(store, ANNA, name, { ...SPEC, splitter }, document, chunks)).status).toBe(
          'indexed',
        )
      } finally {
        splitter = SPEC.splitter
      }
    })
  })
}

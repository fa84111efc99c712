import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ChatbotError, type ErrorCode } from '../../src/domain/errors.ts'
import type { JobState } from '../../src/domain/job.ts'
import type { Principal } from '../../src/domain/principal.ts'
import { ingestSlice } from '../../src/jobs/ingest.ts'
import { ingestOne } from '../../src/jobs/ingest-one.ts'
import { held, type JobSlice } from '../../src/jobs/kind.ts'
import { rebuildSlice } from '../../src/jobs/rebuild.ts'
import { type JobRunner, startJobRunner } from '../../src/jobs/runner.ts'
import type { Embedder } from '../../src/ports/embedder.ts'
import type { NewDocument } from '../../src/ports/store/documents.ts'
import type { Claim } from '../../src/ports/store/jobs.ts'
import type { Store } from '../../src/ports/store/store.ts'
import { embedInput } from '../../src/text/embed-input.ts'
import type { TestDatabase } from '../support/database.ts'
import { until } from '../support/until.ts'
import {
  ANNA,
  BORIS,
  documentOf,
  expectCode,
  fixedSpecs,
  newCollection,
  put,
  revisionOf,
  SPEC,
} from './store-fixtures.ts'

export function jobsSuite(database: () => TestDatabase): void {
  describe('jobs', () => {
    const vectors = new Map<string, Float32Array>()
    const known: Embedder['embed'] = async (texts) =>
      texts.map((text) => ({
        vector: vectors.get(text) ?? missing(text),
        tokens: 1,
        unknown: 0,
        truncated: false,
      }))
    let embed = known
    let slice: JobSlice = ingestSlice
    let runner: JobRunner
    beforeAll(async () => {
      const model = { fingerprint: SPEC.model, name: 'test', dimensions: SPEC.dimensions, maxTokens: 512 }
      runner = await startJobRunner({
        store: database().store,
        specs: fixedSpecs({ model, embed: (texts, options) => embed(texts, options) }),
        alone: true,
        onError: () => {},
        patience: { firstMs: 1, longestMs: 1, enoughMs: 0, wait: async () => {} },
        recut: async () => [],
        slices: { ingest: (context) => slice(context), rebuild: rebuildSlice },
      })
    })
    afterAll(() => runner.stop())

    const newRun = async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const run = { kind: 'ingest', collection: name, input: SPEC, sealed: false } as const
      return { store, name, job: (await store.jobs.create(ANNA, run)).id }
    }
    const stage = async (
      store: Store,
      name: string,
      job: string,
      uri: string,
      paragraphs: string[],
      more?: Partial<NewDocument>,
    ) => {
      const { document, chunks } = documentOf(uri, paragraphs)
      for (const { embedText, vector } of chunks) vectors.set(embedInput(embedText), vector)
      const bare = chunks.map(({ vector: _, ...chunk }) => chunk)
      const staged = await store.staging.stage(
        ANNA,
        { collection: name, spec: SPEC, job },
        { ...document, ...more },
        bare,
      )
      runner.wake()
      return staged
    }
    const finished = (store: Store, job: string, state: JobState = 'done') =>
      until(async () => {
        const found = await store.jobs.get(ANNA, job)
        return found.state === state ? found : undefined
      })
    const paragraphs = (count: number, of: string) =>
      Array.from({ length: count }, (_, index) => `${of} ${index}`)

    it('make live what is staged for them, batch by batch, with its source', async () => {
      const { store, name, job } = await newRun()
      const folder = await store.sources.remember(ANNA, name, {
        ...{ kind: 'folder', location: '/docs', machine: 'laptop', options: {} },
      })
      for (const uri of ['a.md', 'b.md', 'c.md']) {
        expect(await stage(store, name, job, uri, paragraphs(90, uri), { source: folder.id })).toMatchObject({
          status: 'staged',
          job,
        })
      }
      await store.jobs.seal(ANNA, job)
      expect(await finished(store, job)).toMatchObject({
        documents: 3,
        indexed: 3,
        chunks: 270,
        embedded: 270,
        failed: 0,
      })
      expect(await store.documents.list(ANNA, { collection: name, limit: 10 })).toMatchObject(
        ['a.md', 'b.md', 'c.md'].map((uri) => ({ uri, chunks: 90 })),
      )
      const { documents } = await store.sources.documents(ANNA, folder.id, { limit: 10 })
      expect(documents.map(({ uri }) => uri)).toEqual(['a.md', 'b.md', 'c.md'])
      expect(await store.staging.pending(ANNA)).toEqual([])
      expect(await stage(store, name, job, 'a.md', paragraphs(90, 'a.md'))).toMatchObject({
        status: 'unchanged',
      })
    })

    it('replace a document that is there, keep its id, and reuse vectors of equal chunks', async () => {
      const { store, name, job } = await newRun()
      const before = await put(store, name, 'a.md', ['one', 'two'])
      await stage(store, name, job, 'a.md', ['two', 'three'])
      await store.jobs.seal(ANNA, job)
      expect(await finished(store, job)).toMatchObject({ embedded: 1, reused: 1 })
      expect(await textsOf(store, name)).toEqual(['two\nthree'])
      expect(await store.documents.get(ANNA, before.document.id)).toMatchObject({ chunks: 2 })
    })

    it('index nothing of a stale claim', async () => {
      const { store, name, job } = await newRun()
      const claims: Claim[] = []
      const release = Promise.withResolvers<void>()
      slice = async (context) => {
        claims.push(context.claim)
        await release.promise
        return false
      }
      await stage(store, name, job, 'a.md', ['one'])
      const [stale] = await until(async () => (claims.length > 0 ? claims : undefined))
      if (stale === undefined) throw new Error('no claim')
      const { last, chunks } = held(await store.staging.next(stale, SPEC, { document: 0, ordinal: -1 }, 10))
      expect(chunks).toHaveLength(1)
      const documents = [last?.document ?? 0]
      const saved = chunks.map(({ document, ordinal }) => ({
        document,
        ordinal,
        embedding: new Float32Array(SPEC.dimensions).fill(1),
        unknown: 0,
      }))
      slice = ingestSlice
      // As the next daemon does, after a kill.
      await store.jobs.recover()
      runner.wake()
      expect(await store.staging.save(stale, SPEC, saved, 'a.md')).toBe(false)
      expect(await store.staging.publish(stale, SPEC, documents, () => undefined)).toBeUndefined()
      expect(await store.staging.next(stale, SPEC, { document: 0, ordinal: -1 }, 10)).toBeUndefined()
      expect(await store.jobs.fail(stale, new ChatbotError('internal', 'stale'))).toBe(false)
      expect(await store.jobs.waiting(stale, 'stale')).toBe(false)
      await store.jobs.seal(ANNA, job)
      expect(await finished(store, job)).toMatchObject({ indexed: 1, embedded: 1, errorCode: null })
      const revision = await revisionOf(store, name)
      release.resolve()
      expect(await revisionOf(store, name)).toBe(revision)
    })

    it('end when they are cancelled, and leave what was there', async () => {
      const { store, name, job } = await newRun()
      await put(store, name, 'a.md', ['old'])
      const revision = await revisionOf(store, name)
      const asked = Promise.withResolvers<void>()
      const answer = Promise.withResolvers<void>()
      embed = async (texts, options) => {
        asked.resolve()
        await answer.promise
        return known(texts, options)
      }
      await stage(store, name, job, 'a.md', ['new'])
      await asked.promise
      expect(await store.staging.pending(ANNA)).toEqual([{ collection: name, documents: 1 }])
      expect(await store.jobs.cancel(ANNA, job)).toMatchObject({ state: 'cancelled' })
      answer.resolve()
      embed = known
      await until(async () => (runner.busy() === 0 ? true : undefined))
      expect(await store.jobs.documents(ANNA, job, { limit: 10 })).toMatchObject([{ state: 'cancelled' }])
      expect(await textsOf(store, name)).toEqual(['old'])
      expect(await revisionOf(store, name)).toBe(revision)
      await expectCode(store.jobs.cancel(ANNA, job), 'job_ended')
      await expectCode(stage(store, name, job, 'b.md', ['x']), 'job_ended')
    })

    it('fail with the embedder, and go on from there when they are tried again', async () => {
      const { store, name, job } = await newRun()
      let calls = 0
      embed = async (texts, options) => {
        calls += 1
        if (calls > 1) throw new ChatbotError('engine_unreachable', 'no answer')
        return known(texts, options)
      }
      await stage(store, name, job, 'a.md', paragraphs(200, 'retry'))
      await store.jobs.seal(ANNA, job)
      const failed = await finished(store, job, 'failed')
      expect(failed).toMatchObject({ errorCode: 'engine_unreachable', indexed: 0 })
      const texts: string[] = []
      embed = (more, options) => {
        texts.push(...more)
        return known(more, options)
      }
      await store.jobs.retry(ANNA, job)
      runner.wake()
      expect(await finished(store, job)).toMatchObject({ indexed: 1, embedded: 200, errorCode: null })
      expect(texts).toHaveLength(200 - failed.embedded)
      embed = known
      await expectCode(store.jobs.retry(ANNA, job), 'job_ended')
    })

    it('give way to a later upload of the same document, staged or direct', async () => {
      const { store, name, job } = await newRun()
      const hold = Promise.withResolvers<void>()
      slice = async () => {
        await hold.promise
        return false
      }
      await stage(store, name, job, 'a.md', ['first'])
      await stage(store, name, job, 'a.md', ['second'])
      await stage(store, name, job, 'b.md', ['staged'])
      await put(store, name, 'b.md', ['direct'])
      slice = ingestSlice
      hold.resolve()
      await store.jobs.seal(ANNA, job)
      expect(await finished(store, job)).toMatchObject({ documents: 3, indexed: 1, replaced: 2 })
      expect(await textsOf(store, name)).toEqual(['second', 'direct'])
    })

    /** As a request of one upload does it. */
    const ingest = (store: Store, collection: string, uri: string, texts: string[]) => {
      const { document, chunks } = documentOf(uri, texts)
      for (const { embedText, vector } of chunks) vectors.set(embedInput(embedText), vector)
      return ingestOne(ANNA, { collection, spec: SPEC }, { document, chunks }, { store, jobs: runner })
    }
    /** The embedder waits with texts that begin so, until it is released. */
    const holding = (beginning: string) => {
      const asked = Promise.withResolvers<void>()
      const held = Promise.withResolvers<void>()
      embed = async (texts, options) => {
        if (texts.some((text) => text.startsWith(beginning))) {
          asked.resolve()
          await held.promise
        }
        return known(texts, options)
      }
      return { asked: asked.promise, release: held.resolve }
    }
    const jobsIn = async (store: Store, collection: string) =>
      (await store.jobs.list(ANNA, 100)).filter((job) => job.collection === collection)

    it('of a single upload are awaited and forgotten', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const first = await ingest(store, name, 'a.md', paragraphs(90, 'single'))
      expect(first).toMatchObject({ status: 'indexed', document: { uri: 'a.md', chunks: 90 } })
      expect(await revisionOf(store, name)).toBe(1)
      const again = await ingest(store, name, 'a.md', paragraphs(90, 'single'))
      expect(again).toEqual({ ...first, status: 'unchanged' })
      const { document } = await ingest(store, name, 'a.md', ['other'])
      expect(document).toMatchObject({ id: first.document.id, chunks: 1 })
      expect(await revisionOf(store, name)).toBe(2)
      expect(await ingest(store, name, 'empty.md', [])).toMatchObject({ document: { chunks: 0 } })
      expect(await jobsIn(store, name)).toEqual([])
    })

    it('of a single upload keep nothing of what failed', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const down = new ChatbotError('engine_unreachable', 'no answer', { retryAfterMs: 5000 })
      embed = () => Promise.reject(down)
      await expect(ingest(store, name, 'a.md', ['one'])).rejects.toBe(down)
      embed = known
      expect(await jobsIn(store, name)).toEqual([])
      expect(await store.staging.pending(ANNA)).toEqual([])
      expect(await store.documents.list(ANNA, { collection: name, limit: 10 })).toEqual([])
      expect(await ingest(store, name, 'a.md', ['one'])).toMatchObject({ status: 'indexed' })
      await expectCode(ingest(store, 'nowhere', 'a.md', ['one']), 'unknown_collection')
      await expectCode(
        ingest(store, name, 'nul.md', ['a\0b', ...paragraphs(3000, 'x'.repeat(200))]),
        'invalid_encoding',
      )
      expect(await jobsIn(store, name)).toEqual([])
    })

    it('of a single upload do not wait for those that have begun', async () => {
      const { store, name, job } = await newRun()
      const other = await newRun()
      const release = Promise.withResolvers<void>()
      const begun = new Set<string>()
      slice = async (context) => {
        if (![job, other.job].includes(context.claim.job)) return ingestSlice(context)
        begun.add(context.claim.job)
        await release.promise
        return ingestSlice(context)
      }
      await stage(store, name, job, 'bulk.md', ['bulk'])
      await stage(store, other.name, other.job, 'bulk.md', ['bulk'])
      await until(async () => (begun.size === 2 ? true : undefined))
      expect(await ingest(store, name, 'a.md', ['small'])).toMatchObject({ status: 'indexed' })
      // Of a document that a run has staged, too.
      expect(await ingest(store, name, 'bulk.md', ['newer'])).toMatchObject({ status: 'indexed' })
      slice = ingestSlice
      release.resolve()
      for (const id of [job, other.job]) {
        await store.jobs.seal(ANNA, id)
        await finished(store, id)
      }
      expect(await textsOf(store, name)).toEqual(['small', 'newer'])
    })

    it('of two uploads of one document at once end with the later one', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const hold = holding('earlier')
      const earlier = ingest(store, name, 'a.md', ['earlier'])
      await hold.asked
      const later = await ingest(store, name, 'a.md', ['later'])
      hold.release()
      embed = known
      expect(await earlier).toEqual(later)
      expect(await textsOf(store, name)).toEqual(['later'])
      expect(await jobsIn(store, name)).toEqual([])
      const many = await Promise.all(
        Array.from({ length: 8 }, (_, index) => ingest(store, name, 'b.md', [`text ${index}`])),
      )
      expect(new Set(many.map(({ document }) => document.id)).size).toBe(1)
      expect((await textsOf(store, name))[1]).toMatch(/^text \d$/u)
      expect(await jobsIn(store, name)).toEqual([])
    })

    it('of a single upload end with their job, document or collection', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const before = await put(store, name, 'a.md', ['before'])
      const ends: [ErrorCode, () => Promise<unknown>][] = [
        ['cancelled', async () => store.jobs.cancel(ANNA, (await jobsIn(store, name))[0]?.id ?? '')],
        ['cancelled', () => store.documents.remove(ANNA, before.document.id)],
        ['unknown_collection', () => store.collections.remove(ANNA, name)],
      ]
      for (const [code, end] of ends) {
        const hold = holding('held')
        const ingested = expectCode(ingest(store, name, 'a.md', ['held']), code)
        await hold.asked
        await end()
        hold.release()
        await ingested
        expect(await jobsIn(store, name)).toEqual([])
      }
      embed = known
    })

    it('of a single upload are followed when another daemon has taken them', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const taken = Promise.withResolvers<void>()
      const release = Promise.withResolvers<void>()
      slice = async (context) => {
        taken.resolve()
        await release.promise
        return ingestSlice(context)
      }
      const ingested = ingest(store, name, 'a.md', ['one'])
      await taken.promise
      slice = ingestSlice
      await store.jobs.recover()
      runner.wake()
      await until(async () => ((await textsOf(store, name)).length > 0 ? true : undefined))
      release.resolve()
      expect(await ingested).toMatchObject({ status: 'indexed', document: { uri: 'a.md' } })
    })

    it('are seen by nobody else, by a unique beginning of their id', async () => {
      const { store, name, job } = await newRun()
      expect(await store.jobs.get(ANNA, job.slice(0, 13))).toMatchObject({
        id: job,
        collection: name,
        state: 'running',
      })
      for (const call of [store.jobs.get, store.jobs.cancel, store.jobs.seal, store.jobs.retry]) {
        await expectCode(call(BORIS, job), 'unknown_job')
      }
      expect((await store.jobs.list(BORIS, 100)).map(({ id }) => id)).not.toContain(job)
      expect((await store.jobs.list(ANNA, 1)).map(({ id }) => id)).toEqual([job])
      const editor: Principal = { kind: 'oidc', id: `oidc:test:${randomUUID()}`, name: 'editor', groups: [] }
      await store.grants.set(ANNA, editor.id, 'editor', null)
      expect(await store.jobs.running(editor)).toEqual([])
      await store.grants.set(ANNA, editor.id, 'admin', null)
      expect((await store.jobs.running(editor)).map(({ id }) => id)).toContain(job)
      expect(await store.jobs.seal(ANNA, job)).toMatchObject({ state: 'done' })
    })
  })
}

async function textsOf(store: Store, collection: string): Promise<string[]> {
  const documents = await store.documents.list(ANNA, { collection, limit: 10 })
  const texts = await Promise.all(documents.map(({ id }) => store.documents.text(ANNA, id)))
  return texts.map(({ text }) => text)
}

function missing(text: string): never {
  throw new Error(`no vector for ${text.slice(0, 100)}`)
}

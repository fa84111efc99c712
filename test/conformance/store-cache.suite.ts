/** Answers that may be given again: found by meaning, given only while everything is as it was. */
import { describe, expect, it } from 'vitest'
import type { Collection } from '../../src/domain/document.ts'
import type { TestDatabase } from '../support/database.ts'
import { ANNA, answerOf, askOf, at, BORIS, newCollection, put, searched } from './store-fixtures.ts'

const MANY = 1000
const HOUR = 3_600_000

/** In the direction of (x, y), of length 1. */
const unit = (x: number, y: number) => Float32Array.of(x / Math.hypot(x, y), y / Math.hypot(x, y), 0)

export function cacheSuite(database: () => TestDatabase): void {
  const open = () => database().store
  describe('cached answers', () => {
    /** A complete answer over these collections, kept under the partition. */
    async function keep(
      collections: readonly Collection[],
      partition: string,
      vector: Float32Array,
      { most = MANY, ttlMs = HOUR, question = 'What is a lease?' } = {},
    ) {
      const store = open()
      const ask = askOf({ collections: collections.map(searched), question })
      const begun = await store.answers.begin(ANNA, ask)
      await store.answers.complete(ANNA, at(begun.epoch), answerOf(ask, begun.conversation))
      const entry = { partition, vector, expiresAt: new Date(Date.now() + ttlMs) }
      const kept = await store.cachedAnswers.keep(ANNA, ask.id, entry, most)
      return { kept, conversation: begun.conversation, source: { principal: ANNA.id, answer: ask.id } }
    }

    /** Whether BORIS, who asks the same of these collections, is given the answer. */
    async function isGiven(
      collections: readonly Collection[],
      partition: string,
      source: { principal: string; answer: string },
    ): Promise<boolean> {
      const store = open()
      const ask = askOf({ collections: collections.map(searched) })
      const begun = await store.answers.begin(BORIS, ask)
      const answer = answerOf(ask, begun.conversation, {
        cached: { tier: 'exact', question: ask.question, askedAt: new Date(0).toISOString() },
      })
      return store.answers.complete(BORIS, at(begun.epoch), answer, undefined, { source, partition })
    }

    const current = (collection: Collection) => open().collections.readable(ANNA, [collection.name])

    it('are found by similarity within their partition alone, with everything that was answered', async () => {
      const store = open()
      const collections = [await newCollection(store)]
      const partition = `p-${collections[0]?.id}`
      const far = await keep(collections, partition, unit(0, 1))
      const near = await keep(collections, partition, unit(1, 0.1), { question: 'And a lock?' })
      await keep(collections, `${partition}-other`, unit(1, 0))
      const found = await store.cachedAnswers.nearest(ANNA, partition, unit(1, 0), 5)
      expect(found.map(({ source }) => source)).toEqual([near.source, far.source])
      expect(found[0]).toMatchObject({ question: 'And a lock?', similarity: expect.closeTo(0.995, 3) })
      expect(await store.cachedAnswers.nearest(ANNA, partition, unit(1, 0), 1)).toHaveLength(1)
      const answer = await store.cachedAnswers.get(ANNA, near.source)
      expect(answer).toMatchObject({ question: 'And a lock?', text: 'A lease is a promise 🙂. [1]' })
      expect(answer?.citations).toHaveLength(1)
    })

    it('are given while nothing has changed, to whoever searches the same', async () => {
      const collections = [await newCollection(open())]
      const { source } = await keep(collections, 'p', unit(1, 0))
      expect(await isGiven(collections, 'p', source)).toBe(true)
      expect(await isGiven(collections, 'another partition', source)).toBe(false)
    })

    it('are not given after a change of what was searched, nor after its deletion', async () => {
      const store = open()
      const collection = await newCollection(store)
      await put(store, collection.name, 'a.md', ['A lease is a promise.'])
      const before = await current(collection)
      const { source } = await keep(before, 'p', unit(1, 0))
      await put(store, collection.name, 'b.md', ['Another text.'])
      expect(await isGiven(before, 'p', source)).toBe(false)
      const after = await current(collection)
      const again = await keep(after, 'p2', unit(1, 0))
      expect(await isGiven(after, 'p2', again.source)).toBe(true)
      await store.collections.remove(ANNA, collection.name)
      expect(await isGiven(after, 'p2', again.source)).toBe(false)
    })

    it('are not kept when what was searched changed while the answer was made', async () => {
      const store = open()
      const collection = await newCollection(store)
      await put(store, collection.name, 'a.md', ['A lease is a promise.'])
      expect((await keep([collection], 'p-late', unit(1, 0))).kept).toBe(false)
      expect(await store.cachedAnswers.nearest(ANNA, 'p-late', unit(1, 0), 5)).toEqual([])
    })

    it('are neither kept nor given while a collection has its cache off', async () => {
      const store = open()
      const collections = [await newCollection(store), await newCollection(store)]
      const { source } = await keep(collections, 'p', unit(1, 0))
      const name = collections[1]?.name ?? ''
      expect(await store.collections.configure(ANNA, name, { cache: false })).toMatchObject({ cache: false })
      expect(await isGiven(collections, 'p', source)).toBe(false)
      expect((await keep(collections, 'p', unit(1, 0))).kept).toBe(false)
      await store.collections.configure(ANNA, name, { cache: true })
      expect(await isGiven(collections, 'p', source)).toBe(true)
    })

    it('go with their conversation, and when they are too old', async () => {
      const store = open()
      const collections = [await newCollection(store)]
      const gone = await keep(collections, 'p-gone', unit(1, 0))
      await store.conversations.remove(ANNA, gone.conversation)
      expect(await isGiven(collections, 'p-gone', gone.source)).toBe(false)
      expect(await store.cachedAnswers.get(ANNA, gone.source)).toBeUndefined()
      const old = await keep(collections, 'p-old', unit(1, 0), { ttlMs: -1 })
      expect(await store.cachedAnswers.nearest(ANNA, 'p-old', unit(1, 0), 5)).toEqual([])
      expect(await isGiven(collections, 'p-old', old.source)).toBe(false)
    })

    it('are bounded: what was not used for longest goes, and clearing forgets all', async () => {
      const store = open()
      await store.cachedAnswers.clear(ANNA)
      const collections = [await newCollection(store)]
      const used = await keep(collections, 'p-bound', unit(1, 0), { most: 2 })
      for (let more = 0; more < 8; more += 1) {
        await keep(collections, 'p-bound', unit(0, 1), { most: 2 })
        expect(await isGiven(collections, 'p-bound', used.source)).toBe(true)
        await store.cachedAnswers.used(used.source)
      }
      const { entries } = await store.cachedAnswers.stats(ANNA)
      expect(entries).toBeGreaterThanOrEqual(2)
      expect(entries).toBeLessThanOrEqual(4)
      expect(await store.cachedAnswers.clear(ANNA)).toBe(entries)
      expect(await store.cachedAnswers.stats(ANNA)).toEqual({ entries: 0, bytes: 0 })
      expect(await isGiven(collections, 'p-bound', used.source)).toBe(false)
    })
  })
}

/** What every database must do for the store: run by store-pglite.test.ts and store-postgres.test.ts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStore } from '../../src/store/open.ts'
import { type TestDatabase, whenFree, withClient } from '../support/database.ts'
import { accountsSuite } from './store-accounts.suite.ts'
import { answersSuite } from './store-answers.suite.ts'
import { backupSuite } from './store-backup.suite.ts'
import { cacheSuite } from './store-cache.suite.ts'
import { catalogueSuite } from './store-catalogue.suite.ts'
import { documentsSuite } from './store-documents.suite.ts'
import { excerptsSuite } from './store-excerpts.suite.ts'
import {
  ANNA,
  answerOf,
  askOf,
  at,
  expectCode,
  newCollection,
  put,
  SPEC,
  vectorOf,
} from './store-fixtures.ts'
import { jobsSuite } from './store-jobs.suite.ts'
import { leasesSuite } from './store-leases.suite.ts'
import { plansSuite } from './store-plans.suite.ts'
import { rebuildSuite } from './store-rebuild.suite.ts'
import { searchSuite } from './store-search.suite.ts'
import { sourcesSuite } from './store-sources.suite.ts'
import { verifySuite } from './store-verify.suite.ts'

export function storeSuite(name: string, open: () => Promise<TestDatabase>): void {
  describe(name, () => {
    let database: TestDatabase
    beforeAll(async () => {
      database = await open()
    })
    afterAll(() => database[Symbol.asyncDispose]())
    const current = () => database

    collectionsSuite(current)
    documentsSuite(current)
    catalogueSuite(current)
    sourcesSuite(current)
    jobsSuite(current)
    rebuildSuite(current)
    verifySuite(current)
    searchSuite(current)
    excerptsSuite(current)
    plansSuite(current)
    leasesSuite(current)
    answersSuite(current)
    cacheSuite(current)
    backupSuite(current)
    accountsSuite(current)
    lifecycleSuite(current)
  })
}

function collectionsSuite(database: () => TestDatabase): void {
  describe('collections', () => {
    it('are created once, and ensured as often as one likes', async () => {
      const { collections } = database().store
      const created = await collections.create(ANNA, 'handbook')
      expect(created).toMatchObject({ name: 'handbook', revision: 0 })
      await expectCode(collections.create(ANNA, 'handbook'), 'collection_exists')
      expect(await collections.ensure(ANNA, 'handbook')).toEqual(created)
      const ensured = await Promise.all(Array.from({ length: 5 }, () => collections.ensure(ANNA, 'at-once')))
      expect(new Set(ensured.map((collection) => collection.id)).size).toBe(1)
    })

    it.each(['', 'Upper', 'a b', '../x', '-dash', 'x'.repeat(64), 'имя'])(
      'refuse the name %j',
      async (name) => {
        await expectCode(database().store.collections.create(ANNA, name), 'invalid_collection_name')
        await expectCode(database().store.collections.ensure(ANNA, name), 'invalid_collection_name')
      },
    )

    it('are listed with what they hold', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      await put(store, name, 'a.md', ['one', 'two'])
      await put(store, name, 'b.md', ['three'])
      const listed = (await store.collections.list(ANNA)).find((collection) => collection.name === name)
      expect(listed).toMatchObject({ documents: 2, chunks: 3, revision: 2 })
    })

    it('are readable by name, or all; an unknown one is an error', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      expect(await store.collections.readable(ANNA, [name])).toMatchObject([{ name, revision: 0 }])
      expect((await store.collections.readable(ANNA)).map((collection) => collection.name)).toContain(name)
      expect(await store.collections.readable(ANNA, [])).toEqual([])
      await expectCode(store.collections.readable(ANNA, [name, 'nowhere']), 'unknown_collection')
    })

    it('go with their documents, chunks, vectors and partition', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      await put(store, name, 'a.md', ['one', 'two'])
      const before = await store.index.list(ANNA)
      await store.collections.remove(ANNA, name)
      await expectCode(store.collections.remove(ANNA, name), 'unknown_collection')
      const generation = before.find((candidate) => candidate.collection === name)?.id
      await database().inspect(async (client) => {
        const { rows } = await client.query(
          `SELECT (SELECT count(*)::int FROM chunks WHERE generation_id = $1) AS chunks,
                  (SELECT count(*)::int FROM vectors WHERE generation_id = $1) AS vectors,
                  to_regclass('vectors_g' || $1::int) AS partition`,
          [generation],
        )
        expect(rows).toEqual([{ chunks: 0, vectors: 0, partition: null }])
      })
    })

    it('can be made, filled and removed at the same time', async () => {
      const { store } = database()
      const lives = Array.from({ length: 8 }, async (_, index) => {
        const { name } = await newCollection(store)
        await put(store, name, 'a.md', [`text ${index}`])
        const collections = await store.collections.readable(ANNA, [name])
        const query = { collections, model: SPEC.model, vector: vectorOf(`text ${index}`), limit: 3 }
        const found = await store.index.nearest(ANNA, query)
        await store.collections.remove(ANNA, name)
        return found.map((candidate) => candidate.text)
      })
      expect(await Promise.all(lives)).toEqual(lives.map((_, index) => [`text ${index}`]))
    })
  })
}

function lifecycleSuite(database: () => TestDatabase): void {
  describe('as a whole', () => {
    it('answers pings, names the database, and can be maintained', async () => {
      const { store, embedded } = database()
      await store.ping()
      const description = await store.describe()
      expect(description).toMatch(
        embedded
          ? /^PGlite \(PostgreSQL \d+\.\d+, pgvector \d+\.\d+\.\d+\)$/
          : /^PostgreSQL \d+\.\d+, pgvector/,
      )
      await store.maintain()
    })

    it('gives right results when 200 reads and transactions come at once', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const results = await Promise.all(
        Array.from({ length: 200 }, async (_, index) => {
          if (index % 4 === 0) {
            const stored = await put(store, name, `${index}.md`, [`paragraph ${index}`, 'shared'])
            return stored.document.uri === `${index}.md` && stored.document.chunks === 2
          }
          if (index % 4 === 1) {
            const ask = askOf({ question: `question ${index}` })
            const begun = await store.answers.begin(ANNA, ask)
            const answer = answerOf(ask, begun.conversation, { text: `answer ${index}` })
            const kept = await store.answers.complete(ANNA, at(1), answer)
            const read = await store.answers.get(ANNA, ask.id)
            return kept && read.answer?.text === `answer ${index}`
          }
          if (index % 4 === 2) {
            const [collection] = await store.collections.readable(ANNA, [name])
            return collection?.name === name
          }
          const missing = [{ uri: `absent-${index}`, hash: 'x' }]
          return (await store.documents.missing(ANNA, name, SPEC, missing)).needed[0] === `absent-${index}`
        }),
      )
      expect(results.filter((right) => !right)).toEqual([])
      expect(await store.collections.readable(ANNA, [name])).toMatchObject([{ revision: 50 }])
    })

    it('keeps everything when it is closed and opened again', async () => {
      const { name } = await newCollection(database().store)
      const { document } = await put(database().store, name, 'a.md', ['it stays', 'and this'])
      const ask = askOf()
      const begun = await database().store.answers.begin(ANNA, ask)
      const answer = answerOf(ask, begun.conversation)
      await database().store.answers.complete(ANNA, at(1), answer)
      await database().reopen()
      const { store } = database()
      expect(await store.documents.text(ANNA, document.id)).toEqual({ document, text: 'it stays\nand this' })
      expect((await store.answers.get(ANNA, ask.id)).answer).toEqual(answer)
    })

    it('refuses a database that a newer version has set up', async () => {
      const { connection, embedded, store } = database()
      await store.close()
      const migrations = 'chatbot_migrations'
      await withClient({ ...connection }, (client) =>
        client.query(`INSERT INTO ${migrations} ("when", hash) VALUES (9999999999999, 'newer')`),
      )
      await expectCode(
        whenFree(() => openStore({ connection, embedded })),
        'database_newer',
      )
      await withClient({ ...connection }, (client) =>
        client.query(`DELETE FROM ${migrations} WHERE hash = 'newer'`),
      )
      await database().reopen()
      await database().store.ping()
    })

    it('says that it is unreachable once it is closed', async () => {
      const { store } = database()
      await store.close()
      await expectCode(store.ping(), 'database_unreachable')
      await expectCode(store.documents.get(ANNA, 'x'), 'database_unreachable')
      await database().reopen()
    })
  })
}

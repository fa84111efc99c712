/** What the store tells of the documents themselves. */
import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Collection } from '../../src/domain/document.ts'
import type { Principal } from '../../src/domain/principal.ts'
import { termId } from '../../src/text/bm25.ts'
import type { TestDatabase } from '../support/database.ts'
import { ANNA, newCollection, put } from './store-fixtures.ts'

export function catalogueSuite(database: () => TestDatabase): void {
  describe('catalogue', () => {
    let collection: Collection
    const scope = (more: object = {}) => ({ collections: [collection], ...more })
    const catalogue = () => database().store.catalogue

    beforeAll(async () => {
      const { store } = database()
      collection = await newCollection(store)
      const { name } = collection
      await put(store, name, '/data/🙂/bees/hive.md', ['Bees live in hives.', 'A hive has a queen.'])
      await put(store, name, '/data/🙂/bees/wax/candle.md', ['Candles are made of wax.'])
      await put(store, name, '/data/🙂/readme.md', ['Ёлки и пчёлы.'])
    })

    const sub = randomUUID()
    const stranger: Principal = { kind: 'oidc', id: `oidc:test:${sub}`, name: sub, groups: [] }

    it('counts documents, with the folder that they share', async () => {
      expect(await catalogue().counts(ANNA, scope())).toEqual([
        {
          collection: collection.name,
          documents: 3,
          chunks: 4,
          root: '/data/🙂/',
          isComplete: true,
        },
      ])
      expect(await catalogue().counts(ANNA, { collections: [] })).toEqual([])
      expect(await catalogue().counts(stranger, scope())).toEqual([])
      expect(await catalogue().counts(ANNA, scope({ filter: { paths: ['**/bees/**'] } }))).toMatchObject([
        { documents: 2, root: '/data/🙂/bees/' },
      ])
    })

    it('groups documents by folder', async () => {
      const counts = await catalogue().counts(ANNA, scope())
      expect(await catalogue().folders(ANNA, scope(), counts, 10)).toEqual([
        {
          collection: collection.name,
          folder: 'bees',
          documents: 2,
          titles: ['Title of /data/🙂/bees/hive.md', 'Title of /data/🙂/bees/wax/candle.md'],
        },
        {
          collection: collection.name,
          folder: '',
          documents: 1,
          titles: ['Title of /data/🙂/readme.md'],
        },
      ])
      expect(await catalogue().folders(ANNA, scope(), counts, 1)).toHaveLength(1)
      expect(await catalogue().folders(stranger, scope(), counts, 10)).toEqual([])
    })

    it('finds documents by words of their names', async () => {
      const uris = async (words: string[], principal = ANNA) =>
        (await catalogue().named(principal, scope(), words.map(termId), 10)).map(({ uri }) => uri)
      expect(await uris(['candl'])).toEqual(['/data/🙂/bees/wax/candle.md'])
      expect(await uris(['titl', 'hive'])).toEqual([
        '/data/🙂/bees/hive.md',
        '/data/🙂/bees/wax/candle.md',
        '/data/🙂/readme.md',
      ])
      expect(await uris([])).toEqual([])
      expect(await uris(['candl'], stranger)).toEqual([])
    })

    it('finds documents that say something of themselves, by their dates', async () => {
      const found = async (from: string, before: string, principal = ANNA) =>
        (
          await catalogue().described(principal, scope(), {
            from: new Date(from),
            before: new Date(before),
            limit: 10,
          })
        ).length
      expect(await found('2025-03-01', '2025-04-01')).toBe(3)
      expect(await found('2025-04-01', '2025-05-01')).toBe(0)
      expect(await found('2025-03-01', '2025-04-01', stranger)).toBe(0)
      expect(await catalogue().described(ANNA, scope(), { limit: 2 })).toMatchObject([
        { metadata: { author: 'Анна 🙂' } },
        {},
      ])
    })

    it('pages through chunks that have all terms', async () => {
      const chunks = (query: object, principal = ANNA) =>
        catalogue().chunks(principal, scope(), { limit: 10, ...query })
      const hive = await chunks({ terms: [termId('hive')] })
      expect(hive.map(({ text }) => text)).toEqual(['Bees live in hives.', 'A hive has a queen.'])
      expect(hive[0]).toMatchObject({ page: 2, line: 1, document: { collection: collection.name } })
      expect(await chunks({ terms: [termId('hive'), termId('queen')] })).toHaveLength(1)
      const all = await chunks({})
      const paged = [...(await chunks({ limit: 3 })), ...(await chunks({ limit: 3, after: all[2] }))]
      expect(paged).toEqual(all)
      expect(all).toHaveLength(4)
      expect(await chunks({ document: hive[0]?.document.id })).toHaveLength(2)
      expect(await chunks({ terms: [termId('hive')] }, stranger)).toEqual([])
      expect(await catalogue().chunks(ANNA, scope({ filter: { languages: ['ru'] } }), { limit: 9 })).toEqual(
        [],
      )
    })

    it('finds parts of words in any case, ё as е', async () => {
      const holding = async (part: string) =>
        (await catalogue().chunks(ANNA, scope(), { holding: part, limit: 10 })).map(({ text }) => text)
      expect(await holding('елк')).toEqual(['Ёлки и пчёлы.'])
      expect(await holding('пчел')).toEqual(['Ёлки и пчёлы.'])
      expect(await holding('candle')).toEqual(['Candles are made of wax.'])
      expect(await holding('%')).toEqual([])
    })

    it('tells whether the word index is complete', async () => {
      const other = await newCollection(database().store)
      await put(database().store, other.name, 'a.md', ['One.'])
      await database().inspect((client) =>
        client.query('UPDATE generations SET lexemes = 1 WHERE collection_id = $1', [other.id]),
      )
      const complete = async () =>
        (await catalogue().counts(ANNA, { collections: [other] })).map(({ isComplete }) => isComplete)
      expect(await complete()).toEqual([false])
    })
  })
}

import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { NewSource } from '../../src/domain/source.ts'
import type { Store } from '../../src/ports/store/store.ts'
import type { TestDatabase } from '../support/database.ts'
import { putEmbedded } from '../support/put-embedded.ts'
import {
  ANNA,
  documentOf,
  expectCode,
  newCollection,
  put,
  revisionOf,
  SPEC,
  unknownTo,
} from './store-fixtures.ts'

const FOLDER: NewSource = {
  kind: 'folder',
  location: '/home/anna/docs',
  machine: 'laptop',
  options: { include: ['*.md'] },
}

export function sourcesSuite(database: () => TestDatabase): void {
  describe('sources', () => {
    it('are remembered once a place, with their latest options', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const first = await store.sources.remember(ANNA, name, FOLDER)
      expect(first).toMatchObject({ ...FOLDER, collection: name, validators: {}, syncedAt: null })
      const again = await store.sources.remember(ANNA, name, { ...FOLDER, options: {} })
      expect(again).toMatchObject({ id: first.id, options: {} })
      const elsewhere = await store.sources.remember(ANNA, name, { ...FOLDER, machine: 'server' })
      expect(elsewhere.id).not.toBe(first.id)
      await store.sources.synced(ANNA, first.id, { etag: '"1"' })
      const listed = (await store.sources.list(ANNA, name)).find(({ id }) => id === first.id)
      expect(listed).toMatchObject({ id: first.id, documents: 0, validators: { etag: '"1"' } })
      expect(listed?.syncedAt).toBeInstanceOf(Date)
      expect((await store.sources.list(ANNA)).map(({ id }) => id)).toContain(elsewhere.id)
      await expectCode(store.sources.remember(ANNA, 'nowhere', FOLDER), 'unknown_collection')
      await expectCode(store.sources.list(ANNA, 'nowhere'), 'unknown_collection')
      await expectCode(store.sources.synced(ANNA, randomUUID(), {}), 'unknown_source')
    })

    it('list their documents by page, and only theirs', async () => {
      const { store } = database()
      const { name, source } = await filled(store, ['c.md', 'a.md', 'b.md'])
      await put(store, name, 'other.md', ['other'])
      const { collection, documents: page } = await store.sources.documents(ANNA, source, { limit: 2 })
      expect(collection).toBe(name)
      expect(page.map(({ uri }) => uri)).toEqual(['a.md', 'b.md'])
      expect(page[0]?.hash).toBe(documentOf('a.md', ['a.md']).document.hash)
      const rest = await store.sources.documents(ANNA, source, { limit: 2, after: 'b.md' })
      expect(rest.documents.map(({ uri }) => uri)).toEqual(['c.md'])
      await expectCode(store.sources.documents(ANNA, 'no id', { limit: 1 }), 'unknown_source')
    })

    it('adopt documents that have none, in their own collection', async () => {
      const { store } = database()
      const { name, source } = await filled(store, [])
      const rival = await store.sources.remember(ANNA, name, { ...FOLDER, location: '/rival' })
      const other = await filled(store, [])
      await put(store, name, 'a.md', ['a'])
      await put(store, other.name, 'a.md', ['a'])
      await store.sources.adopt(ANNA, source, ['a.md', 'unknown.md'])
      await store.sources.adopt(ANNA, rival.id, ['a.md'])
      expect(await urisOf(store, source)).toEqual(['a.md'])
      expect(await urisOf(store, rival.id)).toEqual([])
      expect(await urisOf(store, other.source)).toEqual([])
    })

    it('keep a document that is replaced from elsewhere; a source that is gone is left out', async () => {
      const { store } = database()
      const { name, source } = await filled(store, ['a.md'])
      await put(store, name, 'a.md', ['new text'])
      expect(await urisOf(store, source)).toEqual(['a.md'])
      const stranger = await filled(store, [])
      for (const unusable of [stranger.source, randomUUID()]) {
        const { document, chunks } = documentOf(`${unusable}.md`, ['text'])
        await putEmbedded(store, ANNA, name, SPEC, { ...document, source: unusable }, chunks)
      }
      expect(await urisOf(store, stranger.source)).toEqual([])
    })

    it('move documents with their id, chunks and vectors, under one new revision', async () => {
      const { store } = database()
      const { name, source } = await filled(store, ['a.md', 'b.md', 'c.md'])
      const before = await store.documents.get(ANNA, await idOf(store, name, 'a.md'))
      const revision = await revisionOf(store, name)
      const moves = [
        { from: 'a.md', to: 'new/a.md' },
        { from: 'b.md', to: 'c.md' },
        { from: 'unknown.md', to: 'd.md' },
      ]
      const { moved } = await store.sources.change(ANNA, source, { moves, removals: [] })
      expect(moved).toEqual([{ from: 'a.md', to: 'new/a.md' }])
      expect(await revisionOf(store, name)).toBe(revision + 1)
      expect(await urisOf(store, source)).toEqual(['b.md', 'c.md', 'new/a.md'])
      expect(await store.documents.get(ANNA, before.id)).toEqual({ ...before, uri: 'new/a.md' })
      expect(await unknownTo(store, name, ['a.md'])).toBe(0)
    })

    it('delete documents of their own, under one new revision, and nothing raises it for nothing', async () => {
      const { store } = database()
      const { name, source } = await filled(store, ['a.md', 'b.md'])
      await put(store, name, 'other.md', ['other'])
      const revision = await revisionOf(store, name)
      const removals = ['a.md', 'b.md', 'other.md', 'unknown.md']
      const { removed } = await store.sources.change(ANNA, source, { moves: [], removals })
      expect(removed.sort()).toEqual(['a.md', 'b.md'])
      expect(await revisionOf(store, name)).toBe(revision + 1)
      const again = await store.sources.change(ANNA, source, { moves: [], removals })
      expect(again).toEqual({ moved: [], removed: [] })
      expect(await revisionOf(store, name)).toBe(revision + 1)
      expect(await store.documents.list(ANNA, { collection: name, limit: 10 })).toHaveLength(1)
    })

    it('are forgotten with their documents or without', async () => {
      const names = Array.from({ length: 300 }, (_, index) => `${index}.md`)
      const { name, source } = await filled(database().store, names.slice(0, 3))
      const kept = await database().store.sources.remove(ANNA, source, 'keep')
      expect(kept).toMatchObject({ removed: 0, source: { id: source } })
      expect(await database().store.documents.list(ANNA, { collection: name, limit: 10 })).toHaveLength(3)

      await database().inspect(async (client) => {
        await client.query(
          `INSERT INTO documents (collection_id, uri, title, media_type, language, bytes, length, chunks, hash, warnings)
           SELECT c.id, uri, '', '', 'en', 0, 0, 0, '', '[]' FROM collections c, unnest($1::text[]) AS uri WHERE c.name = $2`,
          [names.slice(3), name],
        )
      })
      const { store } = database()
      const again = await store.sources.remember(ANNA, name, FOLDER)
      const revision = await revisionOf(store, name)
      await store.sources.adopt(ANNA, again.id, names)
      const gone = await store.sources.remove(ANNA, again.id, 'remove')
      expect(gone.removed).toBe(300)
      expect(await store.documents.list(ANNA, { collection: name, limit: 10 })).toEqual([])
      expect(await revisionOf(store, name)).toBeGreaterThan(revision)
      await expectCode(store.sources.remove(ANNA, again.id, 'keep'), 'unknown_source')
    })
  })
}

/** A collection with a source that has these documents; the text of each is its name. */
async function filled(store: Store, uris: readonly string[]): Promise<{ name: string; source: string }> {
  const { name } = await newCollection(store)
  const source = await store.sources.remember(ANNA, name, FOLDER)
  for (const uri of uris) {
    const { document, chunks } = documentOf(uri, [uri])
    await putEmbedded(store, ANNA, name, SPEC, { ...document, source: source.id }, chunks)
  }
  return { name, source: source.id }
}

const urisOf = async (store: Store, source: string) =>
  (await store.sources.documents(ANNA, source, { limit: 1000 })).documents.map(({ uri }) => uri)

async function idOf(store: Store, collection: string, uri: string): Promise<string> {
  const found = (await store.documents.list(ANNA, { collection, limit: 100 })).find(
    (each) => each.uri === uri,
  )
  if (found === undefined) throw new Error(`no document ${uri}`)
  return found.id
}

import { describe, expect, it } from 'vitest'
import type { ArchiveRecord } from '../../src/backup/records.ts'
import type { Store } from '../../src/store/store.ts'
import type { TestDatabase } from '../support/database.ts'
import {
  ANNA,
  answerOf,
  askOf,
  expectCode,
  newCollection,
  put,
  revisionOf,
  SPEC,
  vectorOf,
} from './store-fixtures.ts'

export function backupSuite(database: () => TestDatabase): void {
  describe('backup', () => {
    it('brings back documents, vectors and conversations as they were', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      await put(store, name, 'empty.md', [])
      await put(store, name, 'long.md', numbered(450))
      await put(store, name, 'мир.md', ['Привет, мир 🙂', 'second'])
      const ask = askOf()
      const begun = await store.answers.begin(ANNA, ask)
      const answer = answerOf(ask, begun.conversation)
      await store.answers.complete(ANNA, 1, answer)
      await store.answers.begin(ANNA, askOf({ conversation: begun.conversation }))
      const before = await contentOf(store, name)
      const records = await exported(store, name, begun.conversation)

      await store.collections.remove(ANNA, name)
      await store.conversations.remove(ANNA, begun.conversation)
      expect(await store.backup.restore(ANNA, stream(records))).toEqual({
        collections: 1,
        documents: 3,
        conversations: 1,
        unchanged: 0,
      })
      expect(await contentOf(store, name)).toEqual(before)
      expect((await store.answers.get(ANNA, ask.id)).answer).toEqual(answer)
      // The one that still ran is not in the archive.
      expect((await store.conversations.turns(ANNA, begun.conversation, 10)).turns).toHaveLength(1)

      const revision = await revisionOf(store, name)
      expect(await store.backup.restore(ANNA, stream(records))).toMatchObject({ documents: 0, unchanged: 4 })
      expect(await revisionOf(store, name)).toBe(revision)
    })

    it('holds a collection as it is at the end, whatever changes meanwhile', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      for (const uri of ['a.md', 'b.md', 'c.md']) await put(store, name, uri, [`first ${uri}`])
      const records: ArchiveRecord[] = []
      let changed = false
      for await (const record of collectionOnly(store.backup.export(ANNA), name)) {
        records.push(record)
        if (record.type !== 'document-end' || changed) continue
        changed = true
        for (const { id } of await store.documents.list(ANNA, { collection: name, limit: 1 })) {
          await store.documents.remove(ANNA, id)
        }
        await put(store, name, 'b.md', ['second b.md'])
        await put(store, name, 'd.md', ['new'])
      }
      const before = await contentOf(store, name)
      expect(records.at(-1)).toMatchObject({ type: 'collection-end', documents: 3 })
      await store.collections.remove(ANNA, name)
      await store.backup.restore(ANNA, stream(records))
      expect(await contentOf(store, name)).toEqual(before)
    })

    it('goes on after a restore that was cut off', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      for (const uri of ['a.md', 'b.md', 'c.md']) await put(store, name, uri, numbered(3, uri))
      const before = await contentOf(store, name)
      const records = await exported(store, name)
      await store.collections.remove(ANNA, name)
      for (let cut = 1; cut < records.length; cut += 2) {
        async function* cutOff() {
          yield* records.slice(0, cut)
          throw new Error('cut off')
        }
        await expect(store.backup.restore(ANNA, cutOff())).rejects.toThrow('cut off')
      }
      await store.backup.restore(ANNA, stream(records))
      expect(await contentOf(store, name)).toEqual(before)
    })

    it('replaces a document of the same name, and leaves others alone', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      await put(store, name, 'a.md', ['kept in the backup'])
      const records = await exported(store, name)
      await put(store, name, 'a.md', ['changed since'])
      await put(store, name, 'b.md', ['new since'])
      expect(await store.backup.restore(ANNA, stream(records))).toMatchObject({ documents: 1 })
      const { documents } = await contentOf(store, name)
      expect(documents.map(({ text }) => text)).toEqual(['kept in the backup', 'new since'])
    })

    it('does not mix vectors of another model', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      await put(store, name, 'a.md', ['one'])
      const records = await exported(store, name)
      const other = records.map((record) =>
        record.type === 'collection' && record.index !== null
          ? { ...record, index: { ...record.index, model: 'other@111111111111' } }
          : record.type === 'document-end' || record.type === 'document'
            ? { ...record, id: '3f333df6-90a4-4fda-8dd3-9485d27cee36' }
            : record,
      )
      await expectCode(store.backup.restore(ANNA, stream(other)), 'index_mismatch')
    })
  })
}

const numbered = (count: number, of = 'paragraph') =>
  Array.from({ length: count }, (_, index) => `${of} ${index}`)

async function* stream(records: readonly ArchiveRecord[]): AsyncGenerator<ArchiveRecord> {
  yield* records
}

/** The records of one collection and one conversation of all that the tests have in the database. */
async function exported(store: Store, collection: string, conversation?: string): Promise<ArchiveRecord[]> {
  const records: ArchiveRecord[] = []
  for await (const record of collectionOnly(store.backup.export(ANNA), collection, conversation)) {
    records.push(record)
  }
  return records
}

async function* collectionOnly(
  all: AsyncIterable<ArchiveRecord>,
  collection: string,
  conversation?: string,
): AsyncGenerator<ArchiveRecord> {
  let inside = false
  for await (const record of all) {
    if (record.type === 'collection') inside = record.name === collection
    if (record.type === 'conversation' ? record.id === conversation : inside) yield record
    if (record.type === 'collection-end') inside = false
  }
}

/** All that can be read of a collection. */
async function contentOf(store: Store, name: string) {
  const collections = await store.collections.readable(ANNA, [name])
  const listed = await store.documents.list(ANNA, { collection: name, limit: 100 })
  const documents = await Promise.all(listed.map(({ id }) => store.documents.text(ANNA, id)))
  const query = { collections, model: SPEC.model, vector: vectorOf('second'), limit: 1000 }
  const nearest = await store.index.nearest(ANNA, query)
  return {
    documents,
    nearest: nearest
      .map(({ chunk: _, ...candidate }) => candidate)
      .toSorted((a, b) => b.similarity - a.similarity || a.uri.localeCompare(b.uri) || a.start - b.start),
  }
}

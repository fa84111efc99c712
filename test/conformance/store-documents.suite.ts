import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
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
  vectorOf,
} from './store-fixtures.ts'

export function documentsSuite(database: () => TestDatabase): void {
  describe('documents', () => {
    it('are stored once: the same content changes nothing', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const first = await put(store, name, 'a.md', ['one', 'two'])
      expect(first).toMatchObject({
        status: 'indexed',
        document: { collection: name, uri: 'a.md', title: 'Title of a.md', chunks: 2, length: 7, bytes: 7 },
      })
      expect(first.document.warnings).toEqual(['a warning'])
      expect(first.document).toMatchObject({
        metadata: { author: 'Анна 🙂' },
        modifiedAt: new Date('2025-03-01T12:00:00Z'),
      })
      const again = await put(store, name, 'a.md', ['one', 'two'])
      expect(again.status).toBe('unchanged')
      expect(again.document).toEqual(first.document)
      expect(await revisionOf(store, name)).toBe(1)
    })

    it('say where an offset lies', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const { document } = await put(store, name, 'a.md', ['one', 'two'])
      const first = { start: 0, heading: '', page: 2, line: 1 }
      expect(await store.documents.placeAt(ANNA, document.id, 0)).toEqual(first)
      expect(await store.documents.placeAt(ANNA, document.id, 3)).toEqual(first)
      expect(await store.documents.placeAt(ANNA, document.id, 5)).toEqual({ start: 4, heading: '' })
      expect(await store.documents.placeAt(ANNA, randomUUID(), 5)).toBeUndefined()
    })

    it('keep their id when they are replaced, and nothing of the old content', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const first = await put(store, name, 'a.md', ['one', 'two', 'three'])
      const second = await put(store, name, 'a.md', ['four'])
      expect(second.status).toBe('indexed')
      expect(second.document).toMatchObject({ id: first.document.id, chunks: 1, length: 4 })
      expect(await revisionOf(store, name)).toBe(2)
      const { id } = second.document
      await database().inspect(async (client) => {
        const chunks = await client.query(
          'SELECT generation_id, id, text FROM chunks WHERE document_id = $1',
          [id],
        )
        expect(chunks.rows).toMatchObject([{ text: 'four' }])
        const vectors = await client.query('SELECT chunk_id FROM vectors WHERE generation_id = $1', [
          chunks.rows[0].generation_id,
        ])
        expect(vectors.rows).toEqual([{ chunk_id: chunks.rows[0].id }])
      })
    })

    it('leave no chunk, vector or text behind when they are removed', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const { document } = await put(store, name, 'a.md', ['one', 'two'])
      await put(store, name, 'b.md', ['three'])
      expect(await store.documents.remove(ANNA, document.id)).toEqual(document)
      await expectCode(store.documents.get(ANNA, document.id), 'unknown_document')
      await expectCode(store.documents.remove(ANNA, document.id), 'unknown_document')
      expect(await revisionOf(store, name)).toBe(3)
      await database().inspect(async (client) => {
        const { rows } = await client.query(`
          SELECT (SELECT count(*)::int FROM vectors v LEFT JOIN chunks c
                    ON c.generation_id = v.generation_id AND c.id = v.chunk_id WHERE c.id IS NULL) AS vectors,
                 (SELECT count(*)::int FROM chunks c LEFT JOIN documents d ON d.id = c.document_id
                    WHERE d.id IS NULL) AS chunks,
                 (SELECT count(*)::int FROM document_parts p LEFT JOIN documents d ON d.id = p.document_id
                    WHERE d.id IS NULL) AS parts`)
        expect(rows).toEqual([{ vectors: 0, chunks: 0, parts: 0 }])
      })
    })

    it('raise the revision once each when they come at once', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      await Promise.all(
        Array.from({ length: 12 }, (_, index) => put(store, name, `${index}.md`, [`text ${index}`])),
      )
      expect(await revisionOf(store, name)).toBe(12)
      expect(await store.documents.list(ANNA, { collection: name, limit: 100 })).toHaveLength(12)
    })

    it('of other files than the index holds are missing', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const held = documentOf('held.md', ['one'])
      const files = [
        { uri: 'held.md', hash: held.document.hash },
        { uri: 'changed.md', hash: 'new' },
        ...Array.from({ length: 600 }, (_, index) => ({ uri: `new-${index}.md`, hash: 'x' })),
      ]
      const all = files.map((file) => file.uri)
      expect(await store.documents.missing(ANNA, name, SPEC, files)).toEqual({
        needed: all,
        changed: [],
        staged: [],
      })
      await put(store, name, 'held.md', ['one'])
      await put(store, name, 'changed.md', ['old'])
      expect(await store.documents.missing(ANNA, name, SPEC, files)).toEqual({
        needed: all.slice(1),
        changed: ['changed.md'],
        staged: [],
      })
      expect(await store.documents.missing(ANNA, name, { ...SPEC, splitter: 'test-2' }, files)).toEqual({
        needed: all,
        changed: ['held.md', 'changed.md'],
        staged: [],
      })
      expect(await store.documents.missing(ANNA, name, SPEC, [])).toEqual({
        needed: [],
        changed: [],
        staged: [],
      })
      await expectCode(store.documents.missing(ANNA, 'nowhere', SPEC, files), 'unknown_collection')
    })

    it('lend their vectors to equal chunks', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const paragraphs = Array.from({ length: 600 }, (_, index) => `paragraph ${index}`)
      const { name: other } = await newCollection(store)
      expect(await unknownTo(store, name, paragraphs)).toBe(600)
      await put(store, name, 'a.md', paragraphs)
      await put(store, other, 'b.md', ['new'])
      expect(await unknownTo(store, name, [...paragraphs, 'new'])).toBe(1)
      expect(await unknownTo(store, other, paragraphs)).toBe(600)
    })

    it.each([
      ['model', { ...SPEC, model: 'other@1' }],
      ['splitter', { ...SPEC, splitter: 'test-2' }],
      ['dimensions', { ...SPEC, dimensions: 4 }],
    ])('of another %s are not mixed into an index', async (_, spec) => {
      const { store } = database()
      const { name } = await newCollection(store)
      await put(store, name, 'a.md', ['one'])
      const { document, chunks } = documentOf('b.md', ['two'])
      const embedded = chunks.map((chunk) => ({ ...chunk, vector: vectorOf('x', spec.dimensions) }))
      await expectCode(putEmbedded(store, ANNA, name, spec, document, embedded), 'index_mismatch')
      expect(await revisionOf(store, name)).toBe(1)
    })

    it('whose vectors have another length than the model says are refused', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const { document, chunks } = documentOf('b.md', ['two'])
      const embedded = chunks.map((chunk) => ({ ...chunk, vector: vectorOf('x', 4) }))
      await expectCode(putEmbedded(store, ANNA, name, SPEC, document, embedded), 'internal')
      expect(await store.documents.list(ANNA, { collection: name, limit: 10 })).toEqual([])
    })

    it('go into an existing collection only', async () => {
      await expectCode(put(database().store, 'nowhere', 'a.md', ['one']), 'unknown_collection')
    })

    it('may have no chunks', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const { document } = documentOf('empty.md', [''])
      const stored = await putEmbedded(store, ANNA, name, SPEC, document, [])
      expect(stored.document).toMatchObject({ chunks: 0, length: 0 })
      expect(await store.documents.text(ANNA, stored.document.id)).toMatchObject({ text: '' })
    })

    it('give back a long text exactly, whatever is at the joints of its parts', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const text = `${'я'.repeat(999_999)}🙂${'🙃'.repeat(700_000)}'"\\%_\n`
      const { document } = documentOf('long.md', [text])
      const stored = await putEmbedded(store, ANNA, name, SPEC, document, [])
      const read = await store.documents.text(ANNA, 'long.md')
      expect(read.text === text).toBe(true)
      expect(stored.document.length).toBe(text.length)
    })

    it('are refused clearly when their text holds NUL', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      await expectCode(put(store, name, 'nul.md', ['a\0b']), 'invalid_encoding')
      expect(await revisionOf(store, name)).toBe(0)
    })

    it('are refused when their path is too long for an index', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const path = Array.from({ length: 100 }, () => randomUUID()).join('/')
      await expectCode(put(store, name, path, ['text']), 'bad_request')
    })
  })

  referencesSuite(database)
}

function referencesSuite(database: () => TestDatabase): void {
  describe('a document is found', () => {
    it('by its id, a prefix of it, or its uri', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const uri = `found-${randomUUID()}.md`
      const { document } = await put(store, name, uri, ['one'])
      for (const reference of [document.id, document.id.slice(0, 18), document.id.toUpperCase(), uri]) {
        expect(await store.documents.get(ANNA, reference)).toEqual(document)
      }
    })

    it('unless several have that uri, or none', async () => {
      const { store } = database()
      const uri = `twice-${randomUUID()}.md`
      const ids: string[] = []
      for (const content of ['one', 'two']) {
        const { name } = await newCollection(store)
        ids.push((await put(store, name, uri, [content])).document.id)
      }
      const ambiguous = store.documents.get(ANNA, uri)
      await expectCode(ambiguous, 'ambiguous_document')
      await expect(ambiguous).rejects.toThrow(ids[0])
      for (const unknown of ['', 'abc', 'zzzz', randomUUID(), `${uri}x`, `%`]) {
        await expectCode(store.documents.get(ANNA, unknown), 'unknown_document')
        await expectCode(store.documents.text(ANNA, unknown), 'unknown_document')
      }
    })

    it('unless several ids begin so', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const ids = ['abcdef00-0000-4000-8000-000000000001', 'abcdef00-0000-4000-8000-000000000002']
      await database().inspect(async (client) => {
        await client.query(
          `INSERT INTO documents (id, collection_id, uri, title, media_type, language, bytes, length, chunks, hash, warnings)
           SELECT ids.id, c.id, ids.id::text || '.md', '', '', 'en', 0, 0, 0, '', '[]'
           FROM collections c, unnest($1::uuid[]) AS ids(id) WHERE c.name = $2`,
          [ids, name],
        )
      })
      await expectCode(database().store.documents.get(ANNA, 'abcdef'), 'ambiguous_document')
      expect(await database().store.documents.get(ANNA, ids[1] ?? '')).toMatchObject({ id: ids[1] })
    })
  })

  describe('documents are listed', () => {
    it('by uri in pages, and none is lost when a uri is in several collections', async () => {
      const { store } = database()
      const names = [await newCollection(store), await newCollection(store)].map(({ name }) => name)
      const prefix = `~${randomUUID()}`
      for (const name of names) {
        for (const letter of ['Я', 'a', 'B', 'ä']) await put(store, name, `${prefix}/${letter}`, [letter])
      }
      const [collection] = names
      if (collection === undefined) throw new Error('no collection')
      const uris = ['B', 'a', 'ä', 'Я'].map((letter) => `${prefix}/${letter}`)
      const one = await store.documents.list(ANNA, { collection, limit: 3 })
      expect(one.map((document) => document.uri)).toEqual(uris.slice(0, 3))
      const rest = await store.documents.list(ANNA, { collection, limit: 3, after: uris[2] ?? '' })
      expect(rest.map((document) => document.uri)).toEqual(uris.slice(3))
      const all = await store.documents.list(ANNA, { limit: 3, after: prefix })
      expect(all.map((document) => document.uri)).toEqual([uris[0], uris[0], uris[1], uris[1]])
      await expectCode(store.documents.list(ANNA, { collection: 'nowhere', limit: 1 }), 'unknown_collection')
    })
  })
}

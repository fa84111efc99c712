import { describe, expect, it } from 'vitest'
import type { SearchFilter } from '../../src/domain/answer.ts'
import { cosine } from '../../src/domain/cosine.ts'
import type { Store } from '../../src/ports/store/store.ts'
import { weigh, wordsOf } from '../../src/retrieval/question.ts'
import { passageTerms, termId } from '../../src/text/bm25.ts'
import { lexemes } from '../../src/text/lexemes.ts'
import type { TestDatabase } from '../support/database.ts'
import { ANNA, documentOf, expectCode, newCollection, put, SPEC, vectorOf } from './store-fixtures.ts'

export function searchSuite(database: () => TestDatabase): void {
  describe('search', () => {
    it('finds the nearest chunks of all collections that are asked, best first, with their places', async () => {
      const { store } = database()
      const names: string[] = []
      const paragraphs = Array.from({ length: 60 }, (_, index) => `paragraph ${index}`)
      for (const part of [paragraphs.slice(0, 30), paragraphs.slice(30)]) {
        const { name } = await newCollection(store)
        await put(store, name, 'a.md', part)
        names.push(name)
      }
      await put(store, (await newCollection(store)).name, 'not-asked.md', ['question'])
      const question = vectorOf('question')
      const expected = paragraphs
        .map((text) => ({ text, similarity: cosine(question, vectorOf(text)) }))
        .sort((left, right) => right.similarity - left.similarity)
        .slice(0, 10)
      const found = await search(store, names, 'question', { limit: 10 })
      expect(found.map((candidate) => candidate.text)).toEqual(expected.map(({ text }) => text))
      for (const [index, candidate] of found.entries()) {
        expect(candidate.similarity).toBeCloseTo(expected[index]?.similarity ?? 0, 5)
        expect(names).toContain(candidate.collection)
      }
    })

    it('gives what a passage needs', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const { document } = await put(store, name, 'a.md', ['first', 'second'])
      const [first, second] = await search(store, [name], 'first', { limit: 5 })
      expect(first).toEqual({
        chunk: expect.stringMatching(/^\d+$/),
        document: document.id,
        collection: name,
        uri: 'a.md',
        title: 'Title of a.md',
        start: 0,
        end: 5,
        text: 'first',
        heading: '',
        page: 2,
        line: 1,
        ordinal: 0,
        language: 'en',
        length: 12,
        tokens: 5,
        similarity: expect.closeTo(1, 5),
        lexical: 0,
      })
      expect(second).toMatchObject({ page: undefined, line: undefined })
    })

    it.each([
      [{ paths: ['*.md'] }, ['top.md']],
      [{ paths: ['docs/*.md'] }, ['docs/a.md', 'docs/b.md']],
      [{ paths: ['docs/**'] }, ['docs/a.md', 'docs/b.md', 'docs/deep/c.md', 'docs/x+y.txt']],
      [{ paths: ['**/c.md', 'top.?d'] }, ['docs/deep/c.md', 'top.md']],
      [{ paths: ['**/top.md'] }, ['top.md']],
      [{ paths: ['docs/x+y.txt'] }, ['docs/x+y.txt']],
      [{ paths: ['docs/[ab].md'] }, []],
      [{ paths: ['docs/?.md'], excludePaths: ['**/b.*'] }, ['docs/a.md']],
      [{ excludePaths: ['docs/**'] }, ['top.md']],
      [{ paths: [] }, ['docs/a.md', 'docs/b.md', 'docs/deep/c.md', 'docs/x+y.txt', 'top.md']],
      [{ paths: ['DOCS/A.MD'] }, []],
      [{ paths: ["'; DROP TABLE chunks; --"] }, []],
      [{ languages: ['ru' as const] }, []],
      [{ languages: ['en' as const], paths: ['top.md'] }, ['top.md']],
      [{ modifiedFrom: '2025-03-01T12:00:00Z', paths: ['top.md'] }, ['top.md']],
      [{ modifiedBefore: '2025-03-01T12:00:00Z' }, []],
      [{ metadata: { author: 'АННА 🙂' }, paths: ['top.md'] }, ['top.md']],
      [{ metadata: { author: 'Boris' } }, []],
      [{ sources: ['/nowhere/**'] }, []],
      [{ within: ['Docs'] }, ['docs/a.md', 'docs/b.md', 'docs/deep/c.md', 'docs/x+y.txt']],
      [{ within: ['deep', 'top'] }, ['docs/deep/c.md', 'top.md']],
      [{ within: ['docs/deep/'] }, ['docs/deep/c.md']],
      [{ within: ['x+y'] }, ['docs/x+y.txt']],
      [{ within: ['doc', 'a.m', '.*', '.'] }, []],
      [{ notWithin: ['docs'] }, ['top.md']],
      [{ types: ['TXT'] }, ['docs/x+y.txt']],
      [{ within: ['docs'], types: ['md'], notWithin: ['deep'] }, ['docs/a.md', 'docs/b.md']],
    ])('narrowed by %j looks only there', async (filter, expected) => {
      const { store } = database()
      const { name } = await store.collections.ensure(ANNA, 'filters')
      for (const uri of ['top.md', 'docs/a.md', 'docs/b.md', 'docs/deep/c.md', 'docs/x+y.txt']) {
        await put(store, name, uri, [`text of ${uri}`])
      }
      const found = await search(store, [name], 'anything', { limit: 20, filter })
      expect(found.map((candidate) => candidate.uri).sort()).toEqual(expected)
    })

    it('has no results where nothing is indexed or asked', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      expect(await search(store, [name], 'anything', { limit: 5 })).toEqual([])
      expect(await search(store, [], 'anything', { limit: 5 })).toEqual([])
    })

    it('with another model than the index has is an error', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      await put(store, name, 'a.md', ['one'])
      const collections = await store.collections.readable(ANNA, [name])
      for (const query of [
        { model: 'other@1', vector: vectorOf('x') },
        { model: SPEC.model, vector: vectorOf('x', 4) },
      ]) {
        await expectCode(store.index.nearest(ANNA, { collections, limit: 5, ...query }), 'index_mismatch')
      }
    })

    it('finds new content at once and replaced content no more', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      await put(store, name, 'a.md', ['old'])
      await put(store, name, 'a.md', ['new'])
      const found = await search(store, [name], 'old', { limit: 5 })
      expect(found.map((candidate) => candidate.text)).toEqual(['new'])
    })
  })

  describe('an approximate index', () => {
    it('is built for enough vectors on PostgreSQL, and then used, also with a filter', async () => {
      const { store, embedded } = database()
      const { name } = await newCollection(store)
      const paragraphs = Array.from({ length: 60 }, (_, index) => `approximate ${index}`)
      await put(store, name, 'docs/a.md', paragraphs.slice(0, 30))
      await put(store, name, 'other/b.md', paragraphs.slice(30))
      const accessOf = async () =>
        (await store.index.list(ANNA)).find(({ collection }) => collection === name)
      const generation = await accessOf()
      if (generation === undefined) throw new Error('no index')
      const exact = await search(store, [name], 'question', { limit: 10 })
      expect(await store.index.ensureApproximateIndex(generation.id)).toBe('not worthwhile')
      const built = await store.index.ensureApproximateIndex(generation.id, { worthwhile: 50 })
      expect(built).toBe(embedded ? 'not worthwhile' : 'built')
      if (!embedded)
        expect(await store.index.ensureApproximateIndex(generation.id, { worthwhile: 50 })).toBe('present')
      await store.index.buildApproximateIndexes(new AbortController().signal)
      if (!embedded) await expect(store.index.buildApproximateIndexes(AbortSignal.abort())).rejects.toThrow()
      expect((await accessOf())?.access).toBe(embedded ? 'exact' : 'hnsw')
      const found = await search(store, [name], 'question', { limit: 10 })
      expect(found.map(({ text }) => text)).toEqual(exact.map(({ text }) => text))
      const narrowed = await search(store, [name], 'question', { limit: 20, filter: { paths: ['docs/**'] } })
      expect(narrowed.map(({ uri }) => uri)).toEqual(Array.from({ length: 20 }, () => 'docs/a.md'))
    })
  })

  describe('search by words', () => {
    it('finds what the vector does not, with both scores, and rare words first', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const common = Array.from({ length: 80 }, (_, index) => `lease number ${index} of the harbour`)
      await put(store, name, 'a.md', [...common, 'the lease of E4711 lapsed'])
      const found = await searchWords(store, name, 'lease E4711', { limit: 3 })
      const [best] = found.toSorted((left, right) => right.lexical - left.lexical)
      expect(best?.text).toBe('the lease of E4711 lapsed')
      expect(best?.similarity).toBeLessThan(0.99)
      // BM25 by its formula: idf of both terms times their weights.
      const { found: counts, chunks } = await frequencies(store, name, 'lease E4711')
      const { weights } = weigh(wordsOf('lease E4711'), counts, chunks)
      const terms = new Map(
        passageTerms({ uri: 'a.md', title: 'Title of a.md', heading: '', text: best?.text ?? '' }).map(
          ({ id, weight }) => [id, weight],
        ),
      )
      const expected = weights.reduce((sum, { id, weight }) => sum + weight * (terms.get(id) ?? 0), 0)
      expect(best?.lexical).toBeCloseTo(expected, 4)
    })

    it('finds nothing for words that no document has, and nothing by words alone for stop words', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      await put(store, name, 'a.md', ['one lease', 'two leases'])
      for (const question of ['harbour', 'who is it']) {
        expect(await searchWords(store, name, question, { limit: 5, alone: true })).toEqual([])
      }
      expect(await searchWords(store, name, 'leasing', { limit: 5, alone: true })).toHaveLength(2)
    })

    it('names passages that hold all words of a phrase, however frequent these are', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const words = Array.from({ length: 60 }, (_, index) => `signing word ${index}`)
      const keys = Array.from({ length: 60 }, (_, index) => `key word ${index}`)
      await put(store, name, 'a.md', [...words, 'the signing key rotates', ...keys])
      const found = await searchWords(store, name, '"signing key"', { limit: 1, alone: true })
      expect(found.map(({ text }) => text)).toEqual(['the signing key rotates'])
    })

    it('names passages that say a phrase, also one of stop words alone, in any case and spacing', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const scattered = Array.from({ length: 80 }, (_, index) => `key ${index} of a signing ${index}`)
      const said = ['this SIGNING\n key rotates', 'To  be or not to be', 'ЁЛКА И Ель (x+1)']
      await put(store, name, 'a.md', [...scattered, ...said])
      for (const [question, expected] of [
        ['"signing key"', said[0]],
        ['"to be or not to be"', said[1]],
        ['«елка и ель (x+1)»', said[2]],
      ] as const) {
        const found = await searchWords(store, name, question, { limit: 100, alone: true })
        const holding = found.filter(({ text }) => said.includes(text)).map(({ text }) => text)
        expect(holding).toEqual([expected])
      }
    })

    it('samples the terms that are there, for who may read them', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      await put(store, name, 'a.md', ['the harbour', 'the harbour master', 'the pier'])
      const collections = await store.collections.readable(ANNA, [name])
      const terms = ['harbour', 'pier', 'absent'].flatMap(lexemes).map(termId)
      const query = { collections, model: SPEC.model, dimensions: SPEC.dimensions }
      const samples = await store.index.samples(ANNA, { ...query, terms })
      expect(samples.map(({ term, chunks }) => ({ term, chunks }))).toEqual(
        expect.arrayContaining([
          { term: terms[0], chunks: 2 },
          { term: terms[1], chunks: 1 },
        ]),
      )
      expect(samples).toHaveLength(2)
      for (const { text } of samples) expect(text).toMatch(/^a\.md\nTitle of a\.md\n.*the /s)
      expect(await store.index.samples(ANNA, { ...query, terms: [] })).toEqual([])
      expect(await store.index.samples(ANNA, { ...query, collections: [], terms })).toEqual([])
    })

    it('counts with every insert and delete at once in a small index', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const counted = async () => {
        const { found, chunks } = await frequencies(store, name, 'lease')
        return [found.get(termId('leas')), chunks]
      }
      await put(store, name, 'a.md', ['one lease', 'two leases', 'a harbour'])
      expect(await counted()).toEqual([2, 3])
      await store.index.countTerms()
      await put(store, name, 'b.md', ['another lease'])
      expect(await counted()).toEqual([3, 4])
      const [first] = await store.documents.list(ANNA, { collection: name, limit: 1 })
      await store.documents.remove(ANNA, first?.id ?? '')
      expect(await counted()).toEqual([1, 1])
    })

    it('is complete again after the words of an older version were missing', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      await put(store, name, 'a.md', ['one lease', 'two leases'])
      await database().inspect(async (client) => {
        await client.query('UPDATE generations SET lexemes = 0')
        await client.query('DELETE FROM chunk_terms WHERE chunk_id % 2 = 0')
      })
      const reopened = database().store
      expect(await frequencies(reopened, name, 'lease')).toMatchObject({ complete: false })
      while (await reopened.index.completeTerms()) await put(reopened, name, 'new.md', ['a new lease'])
      expect(await frequencies(reopened, name, 'lease')).toMatchObject({ complete: true, chunks: 3 })
      expect(await searchWords(reopened, name, 'lease', { limit: 9, alone: true })).toHaveLength(3)
    })
  })

  describe('the list of indexes', () => {
    it('says what each is made of and how large it is', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      await put(store, name, 'a.md', ['one', 'two'])
      await put(store, name, 'b.md', ['three'])
      const listed = (await store.index.list(ANNA)).filter((generation) => generation.collection === name)
      expect(listed).toMatchObject([
        { spec: SPEC, state: 'active', documents: 2, chunks: 3, access: 'exact' },
      ])
      expect(listed[0]?.bytes).toBeGreaterThan(0)
    })

    it('has one index of a fixed dimension a collection: others cannot be written, even by hand', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const { chunks } = documentOf('a.md', ['one'])
      await put(store, name, 'a.md', ['one'])
      const [generation] = (await store.index.list(ANNA)).filter(({ collection }) => collection === name)
      expect(chunks[0]?.vector).toHaveLength(SPEC.dimensions)
      await database().inspect(async (client) => {
        const wrong = client.query(
          `INSERT INTO vectors SELECT generation_id, id + 1, '[1,2,3]' FROM chunks WHERE generation_id = $1`,
          [generation?.id],
        )
        await expect(wrong).rejects.toThrow(/check constraint "dimensions"/)
      })
    })
  })
}

async function search(
  store: Store,
  names: readonly string[],
  question: string,
  options: { limit: number; filter?: SearchFilter },
) {
  const collections = await store.collections.readable(ANNA, names)
  return store.index.nearest(ANNA, {
    collections,
    model: SPEC.model,
    vector: vectorOf(question),
    ...options,
  })
}

async function frequencies(store: Store, name: string, question: string) {
  const collections = await store.collections.readable(ANNA, [name])
  const terms = wordsOf(question).terms.map(({ id }) => id)
  return store.index.frequencies(ANNA, { collections, model: SPEC.model, dimensions: SPEC.dimensions, terms })
}

/** As retrieval asks; `alone`: without the vector's half. */
async function searchWords(
  store: Store,
  name: string,
  question: string,
  { limit, alone = false }: { limit: number; alone?: boolean },
) {
  const collections = await store.collections.readable(ANNA, [name])
  const { found, chunks } = await frequencies(store, name, question)
  const { weights, phrases } = weigh(wordsOf(question), found, chunks)
  const lexical = { weights, found, phrases }
  return store.index.nearest(ANNA, {
    collections,
    model: SPEC.model,
    vector: vectorOf(question),
    words: async () => lexical,
    alone,
    limit,
  })
}

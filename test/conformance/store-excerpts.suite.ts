import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Passage } from '../../src/domain/answer.ts'
import { type Excerpt, MAX_OPENING_CHARACTERS } from '../../src/domain/block.ts'
import type { Chunk } from '../../src/domain/document.ts'
import { unpackBlocks } from '../../src/domain/packed-blocks.ts'
import type { Principal } from '../../src/domain/principal.ts'
import { readMarkdown } from '../../src/ingest/loaders/markdown.ts'
import { splitDocument } from '../../src/ingest/split/splitter.ts'
import type { ArchiveRecord } from '../../src/ports/store/backup-records.ts'
import { excerptsOf } from '../../src/retrieval/excerpts.ts'
import type { TestDatabase } from '../support/database.ts'
import { passage } from '../support/passages.ts'
import { putEmbedded } from '../support/put-embedded.ts'
import { ANNA, documentOf, newCollection, put, SPEC, stream, vectorOf } from './store-fixtures.ts'

export function excerptsSuite(database: () => TestDatabase): void {
  describe('excerpts', () => {
    const tokenizer = { count: (text: string) => text.split(/\s+/u).length }

    /** A Markdown document, as it is read and split; `change` its chunks before they are stored. */
    async function stored(source: string, change = (chunk: Chunk): Chunk => chunk) {
      const { store } = database()
      const { name } = await newCollection(store)
      const uri = `${randomUUID()}.md`
      const loaded = readMarkdown(source, uri)
      const chunks = splitDocument(loaded, tokenizer).map((chunk) => ({
        ...change(chunk),
        vector: vectorOf(chunk.text),
      }))
      const { document } = documentOf(uri, [loaded.text])
      const { id } = (await putEmbedded(store, ANNA, name, SPEC, document, chunks)).document
      /** The passage of the chunk that holds this. */
      const passageOf = (held: string): Passage => {
        const chunk = chunks.find(({ text }) => text.includes(held))
        if (chunk === undefined) throw new Error(`no chunk holds ${held}`)
        const { start, end, text } = chunk
        return passage(1, text, { document: id, uri, start, end })
      }
      const excerpts = (...held: string[]) => excerptsOf(database().store, ANNA, held.map(passageOf))
      return { name, uri, id, chunks, text: loaded.text, excerpts, passageOf }
    }

    const told = ([excerpt]: readonly Excerpt[]) =>
      excerpt?.blocks.map((block) => ({
        kind: block.kind,
        text: excerpt.text(block),
        leads: block.leads.map(excerpt.text),
      }))

    const filler = (words: number, word = 'word') => Array(words).fill(word).join(' ')
    const table = (rows: number) =>
      [
        '# Prices',
        '',
        '| Name | Price |',
        '| --- | --- |',
        ...Array.from({ length: rows }, (_, row) => `| Thing ${row} and ${filler(8)} | ${row} EUR |`),
      ].join('\n')

    it('have the blocks of passages as the loader told them', async () => {
      const { excerpts, text } = await stored(
        '# Guide\n\n## Rules\n\nThese are forbidden:\n\n- camping\n- fires\n\n```sh\nrun it\n```\n',
      )
      const found = await excerpts('camping')
      expect(told(found)).toMatchObject([
        { kind: 'heading' },
        { kind: 'heading' },
        { kind: 'paragraph', text: 'These are forbidden:' },
        { kind: 'item', leads: ['These are forbidden:'] },
        { kind: 'item', leads: ['These are forbidden:'] },
        { kind: 'code' },
      ])
      const [first] = found
      expect(first?.blocks[3]?.headings).toEqual(['Guide', 'Rules'])
      for (const block of first?.blocks ?? [])
        expect(first?.text(block)).toBe(text.slice(block.start, block.end))
      expect(() => first?.text({ start: 0, end: text.length + 1 })).toThrow('was not read')
    })

    it('have the rest of a short list that is cut, and what leads to it', async () => {
      const items = Array.from({ length: 20 }, (_, item) => `- item ${item} ${filler(18, 'x')}`)
      const { excerpts, chunks } = await stored(`# Guide\n\nThese are needed:\n\n${items.join('\n')}\n`)
      expect(chunks.length).toBeGreaterThan(1)
      const blocks = told(await excerpts('item 19'))?.filter(({ kind }) => kind === 'item')
      expect(blocks).toHaveLength(20)
      expect(blocks?.every(({ leads }) => leads[0] === 'These are needed:')).toBe(true)
    })

    it('have the header of a long table, and of its rows those that were found', async () => {
      const { excerpts, chunks } = await stored(table(200))
      expect(chunks.length).toBeGreaterThan(5)
      const rows = told(await excerpts('Thing 150 ')) ?? []
      expect(rows.map(({ text }) => text).join('\n')).toContain('Thing 150 ')
      expect(rows.length).toBeLessThan(30)
      for (const { kind, leads } of rows) {
        expect(kind).toBe('row')
        expect(leads.join()).toContain('| Name | Price |')
      }
    })

    it('have a block whole that is cut, with its white space', async () => {
      const lines = Array.from({ length: 60 }, (_, line) => `  call_${line}  a  b  c  d  e`)
      const code = lines.join('\n\n\n')
      const { excerpts, chunks, text } = await stored(`# Guide\n\n\`\`\`js\n${code}\n\`\`\`\n`)
      expect(chunks.length).toBeGreaterThan(1)
      const [excerpt] = await excerpts('call_1 ')
      const [block] = excerpt?.blocks.filter(({ kind }) => kind === 'code') ?? []
      if (block === undefined) throw new Error('no code')
      expect(excerpt?.text(block)).toBe(text.slice(block.start, block.end))
      expect(excerpt?.text(block)).toContain('call_59')
    })

    it('have the part of a block that is too long to be read whole', async () => {
      const { excerpts, text } = await stored(`# Guide\n\n${filler(3000, 'long')} end.\n`)
      const [excerpt] = await excerpts('end.')
      const [block] = excerpt?.blocks ?? []
      if (block === undefined) throw new Error('no block')
      expect(block.end - block.start).toBeLessThan(2000)
      expect(excerpt?.text(block)).toBe(text.slice(block.start, block.end))
    })

    it('have paragraphs of what an earlier version stored, and what is ingested again has blocks', async () => {
      const { store } = database()
      const made = await stored('# Guide\n\nThese:\n\n- camping\n- fires\n\nThe end.\n', (chunk) => ({
        ...chunk,
        blocks: null,
      }))
      expect(told(await made.excerpts('camping'))).toEqual([
        { kind: 'heading', text: '# Guide', leads: [] },
        { kind: 'paragraph', text: 'These:', leads: [] },
        { kind: 'paragraph', text: '- camping\n- fires', leads: [] },
        { kind: 'paragraph', text: 'The end.', leads: [] },
      ])
      const withoutBlocks = async () =>
        (await store.index.list(ANNA)).find(({ collection }) => collection === made.name)?.withoutBlocks
      const { hash } = await store.documents.get(ANNA, made.id)
      const missing = () => store.documents.missing(ANNA, made.name, SPEC, [{ uri: made.uri, hash }])
      expect(await withoutBlocks()).toBe(1)
      expect(await missing()).toMatchObject({ needed: [made.uri], changed: [made.uri] })
      const { text } = made
      const { document } = documentOf(made.uri, [text])
      const chunks = splitDocument(readMarkdown(text, made.uri), tokenizer)
      const again = chunks.map((chunk) => ({ ...chunk, vector: vectorOf(chunk.text) }))
      expect(await putEmbedded(store, ANNA, made.name, SPEC, document, again)).toMatchObject({
        status: 'indexed',
        document: { id: made.id },
      })
      expect(await withoutBlocks()).toBe(0)
      expect(await missing()).toMatchObject({ needed: [], changed: [] })
      expect(told(await made.excerpts('camping'))?.filter(({ kind }) => kind === 'item')).toHaveLength(2)
    })

    it('leave out what was replaced, deleted or is not for the asker', async () => {
      const { store } = database()
      const { name, uri, id, passageOf } = await stored('# Guide\n\nThe sky is blue.\n')
      const found = passageOf('blue')
      expect(await excerptsOf(store, ANNA, [found])).toHaveLength(1)
      const stranger: Principal = { kind: 'user', id: `user:${randomUUID()}`, name: 'stranger' }
      expect(await excerptsOf(store, stranger, [found])).toEqual([])
      expect(await store.documents.chunksAt(stranger, [found])).toEqual([])
      await put(store, name, uri, ['# Guide', 'The sea is green.'])
      expect(await excerptsOf(store, ANNA, [found])).toEqual([])
      await store.documents.remove(ANNA, id)
      expect(await excerptsOf(store, ANNA, [found])).toEqual([])
    })

    it('tell what the document says of itself, and how it begins', async () => {
      const { store } = database()
      const { excerpts, id, passageOf } = await stored(`# Tariff\n\nValid from 1 May.\n\n${filler(400)} last`)
      const [found] = await excerpts('last')
      expect(found?.opening?.startsWith('# Tariff\n\nValid from 1 May.')).toBe(true)
      expect(found?.opening?.length).toBeLessThanOrEqual(MAX_OPENING_CHARACTERS)
      expect(found?.metadata).toEqual((await store.documents.get(ANNA, id)).metadata)
      const stranger: Principal = { kind: 'user', id: `user:${randomUUID()}`, name: 'stranger' }
      expect(await store.documents.heads(stranger, [passageOf('last').document])).toEqual([])
    })

    it('are in the order of the passages', async () => {
      const { store } = database()
      const first = await stored('# One\n\nThe sky is blue.\n')
      const second = await stored('# Two\n\nThe sea is green.\n')
      const passages = [second.passageOf('green'), first.passageOf('blue')]
      const found = await excerptsOf(store, ANNA, passages)
      expect(found.map(({ document }) => document)).toEqual([second.id, first.id])
      expect(found.map((excerpt) => excerpt.passages)).toEqual(passages.map((one) => [one]))
    })

    it('are the same after a backup and a restore; an older backup brings none', async () => {
      const { store } = database()
      const { name, chunks, id, text } = await stored(table(100))
      const records: ArchiveRecord[] = []
      for await (const record of store.backup.export(ANNA)) records.push(record)
      const whole = { document: id, start: 0, end: text.length }
      const blocks = async () => (await store.documents.chunksAt(ANNA, [whole])).map((chunk) => chunk.blocks)
      expect(await blocks()).toEqual(chunks.map((chunk) => chunk.blocks))
      const from = records.findIndex((record) => record.type === 'collection' && record.name === name)
      const to = records.findIndex((record, index) => index > from && record.type === 'collection-end')
      const own = records.slice(from, to + 1)
      const restoredFrom = async (archive: typeof own) => {
        await store.collections.remove(ANNA, name)
        await store.backup.restore(ANNA, stream(archive))
        return blocks()
      }
      expect(await restoredFrom(own)).toEqual(chunks.map((chunk) => chunk.blocks))
      const older = own.map((record) =>
        record.type === 'chunks'
          ? { ...record, chunks: record.chunks.map((chunk) => ({ ...chunk, blocks: null })) }
          : record,
      )
      expect(await restoredFrom(older)).toEqual(chunks.map(() => null))
    })

    it('are packed without loss', async () => {
      const { chunks } = await stored(`${table(50)}\n\n1. first\n2. second\n`)
      const blocks = chunks.flatMap((chunk) => (chunk.blocks === null ? [] : unpackBlocks(chunk.blocks)))
      expect(blocks.filter(({ kind }) => kind === 'row')).toHaveLength(50)
      expect(blocks.at(-1)).toMatchObject({ kind: 'step', headings: ['Prices'] })
    })
  })
}

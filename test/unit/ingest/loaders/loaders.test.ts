import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import { Lexer } from 'marked'
import { describe, expect, it } from 'vitest'
import { builtinModel } from '../../../../models/builtin.ts'
import { loadTokenizer } from '../../../../models/tokenizer.ts'
import type { LoadedDocument } from '../../../../src/domain/document.ts'
import { decodeText } from '../../../../src/ingest/loaders/decoding/decode.ts'
import { html } from '../../../../src/ingest/loaders/html/html.ts'
import { readMarkdown } from '../../../../src/ingest/loaders/markdown.ts'
import { detectLoader } from '../../../../src/ingest/loaders/registry.ts'
import { text } from '../../../../src/ingest/loaders/text.ts'
import { parseDocument } from '../../../../src/ingest/parse.ts'

const file = (name: string): Buffer =>
  readFileSync(new URL(`../../../data/documents/${name}`, import.meta.url))
const tokenizer = loadTokenizer(builtinModel().folder)
const parse = (bytes: Buffer, uri: string) => parseDocument(bytes, uri, tokenizer, { maxTextLength: 100_000 })
const load = (name: string) => parse(file(name), name)
const blocksOf = (document: LoadedDocument) =>
  document.blocks.map(({ kind, headings, start, end }) => [
    kind,
    headings.join(' › '),
    document.text.slice(start, end),
  ])

describe('Markdown', () => {
  it('gives blocks of the source itself, with their sections', () => {
    const source = file('guide.md').toString()
    const document = readMarkdown(source, 'guide.md')
    expect(document).toMatchObject({ title: 'Operations guide', text: source, linesMatchFile: true })
    expect(blocksOf(document)).toEqual([
      ['heading', '', '# Operations'],
      ['paragraph', 'Operations', 'Read this first &mdash; it is short.'],
      ['paragraph', 'Operations', '![badge](https://example.com/badge.svg)'],
      ['heading', 'Operations', '## Install'],
      [
        'list',
        'Operations › Install',
        '1. Download the package.\n2. Run the installer:\n\n   ```sh\n   # this is not a heading\n   make install\n   ```',
      ],
      ['heading', 'Operations', 'Setext title\n------------'],
      [
        'table',
        'Operations › Setext title',
        '| option | meaning |\n|--------|---------|\n| `port` | TCP port |',
      ],
      ['quote', 'Operations › Setext title', '> Never share the key.'],
    ])
  })

  it('takes the title from the front matter, the first heading or the name', () => {
    expect(readMarkdown('# The *title* [x](y)\n', 'a/b.md').title).toBe('The title x')
    expect(readMarkdown('text\n', 'a/release-notes.md').title).toBe('release-notes')
    expect(readMarkdown('---\n\nnot front matter\n\n---\n\ntext', 'a.md').blocks.length).toBeGreaterThan(0)
  })

  it('leaves out comments, scripts and tags without text', () => {
    const source =
      'Before <!-- hidden --> after.\n\n<p align="center"><img src="a"></p>\n\n<script>\nx()\n</script>\n\n<b>Bold</b> end'
    expect(blocksOf(readMarkdown(source, 'a.md')).map(([, , part]) => part)).toEqual([
      'Before',
      'after.',
      '<b>Bold</b> end',
    ])
    expect(readMarkdown('import X from "x"\n\nText\n', 'a.mdx').blocks).toHaveLength(1)
  })

  it('survives nesting that marked does not', () => {
    const deep = `${'> '.repeat(4_000)}deep`
    expect(readMarkdown(deep, 'a.md').blocks).toHaveLength(1)
  })

  it('covers what marked finds, whatever the white space', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '\n',
        '\n\n',
        '- ',
        '  - ',
        '1. ',
        '# ',
        '```\n',
        '~~~\n',
        '> ',
        '\t',
        '    ',
        '---\n',
        '===\n',
      ),
      fc.constantFrom('| a | b |\n|---|---|\n| c | d |\n', '[a]: http://x\n', '**b**', '`c`', '[ ] '),
      fc.string({ unit: 'grapheme', maxLength: 6 }).map((s) => s.replaceAll('<', '(')),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const source = pieces
          .join('')
          .replace(/\r\n?|\0/gu, '\n')
          .toWellFormed()
        const { blocks } = readMarkdown(source, 'a.md')
        const squeeze = (s: string) => s.replaceAll(/\s/gu, '')
        const tokens = new Lexer({ gfm: true })
          .blockTokens(source, [])
          .filter(({ type, raw }) => !['space', 'hr', 'def'].includes(type) && raw.trim() !== '')
        const expected = source.startsWith('---') ? undefined : tokens.map(({ raw }) => squeeze(raw))
        const found = blocks.map(({ start, end }) => squeeze(source.slice(start, end)))
        if (expected) expect(found).toEqual(expected)
        let last = 0
        for (const { start, end } of blocks) {
          expect(start).toBeGreaterThanOrEqual(last)
          last = end
        }
      }),
      { numRuns: 1000 },
    )
  })
})

describe('HTML', () => {
  it('gives the main part as text, with headings, lists, tables and code', async () => {
    const document = await html.load(file('page.html').toString(), 'page.html')
    expect(document).toMatchObject({ title: 'Sockets & pipes — Manual', linesMatchFile: false })
    expect(blocksOf(document)).toEqual([
      ['heading', '', 'Sockets'],
      ['paragraph', 'Sockets', 'A socket has two ends\u00a0— each can read.\nSecond line.'],
      ['heading', 'Sockets', 'Kinds'],
      ['list', 'Sockets › Kinds', '- Stream\n  - TCP\n- Datagram\n  More on it.'],
      ['list', 'Sockets › Kinds', '1. Open\n2. Close'],
      ['table', 'Sockets › Kinds', 'Call | Use\nbind | takes an address'],
      ['code', 'Sockets › Kinds', 'int s = socket();\n  bind(s);'],
      ['list', 'Sockets › Kinds', '- backlog\n  How many may wait.'],
      ['quote', 'Sockets › Kinds', 'Everything is a file.'],
    ])
  })

  it('does not lose a page whose main part is empty, and reads layout tables in order', async () => {
    const text = async (source: string) => (await html.load(source, 'a.html')).text
    expect(await text('<main></main><div>Only here.</div>')).toBe('Only here.')
    expect(await text('<nav>All there is.</nav>')).toBe('All there is.')
    expect(await text('<p>One<p>Two</html> after')).toBe('One\n\nTwo after')
    expect(await text('<head><title>T</title><body><p>Head left open.')).toBe('Head left open.')
    expect(await text('<table><tr><td><h2>A</h2>one</td><td><p>two</td></tr></table>')).toBe(
      'A\n\none\n\ntwo',
    )
    expect(await text('<table><tr><td><table><tr><td>x<td>y</table></table>')).toBe('x | y')
    expect(await text('<!-- c --><!DOCTYPE html>\n<html><body><p>No main.')).toBe('No main.')
    expect(await text('')).toBe('')
  })

  it('does not recurse into hostile nesting', async () => {
    const { text } = await html.load(`${'<div>'.repeat(20_000)}deep`, 'a.html')
    expect(text).toBe('deep')
  })
})

describe('text', () => {
  it('gives paragraphs', () => {
    expect(blocksOf(text.load('\n One\nline \n\n \n\nTwo', 'a/b.txt'))).toEqual([
      ['paragraph', '', 'One\nline'],
      ['paragraph', '', 'Two'],
    ])
  })

  it('reads a paragraph of any number of lines', () => {
    const source = `A line that comes first and is longer than forty\n${'   deeper\n'.repeat(200_000)}`
    expect(text.load(source, 'a.log').blocks).toHaveLength(1)
  })
})

describe('encodings', () => {
  it('reads cp1251, koi8-r and utf-16, with a warning where it had to guess', async () => {
    const [cp1251, koi8r, utf16] = await Promise.all(
      ['leave.cp1251.txt', 'leave.koi8r.html', 'leave.utf16.txt'].map(load),
    )
    expect(cp1251?.text).toContain('отпуск длится 28 календарных дней. Заявление')
    expect(cp1251?.text).not.toContain('\r')
    expect(cp1251?.warnings).toEqual([expect.stringContaining('windows-1251')])
    expect(koi8r).toMatchObject({ title: 'Правила отпуска', language: 'ru', warnings: [] })
    expect(koi8r?.text).toBe('Отпуск\n\nОтпуск длится 28 календарных дней.')
    expect(utf16?.text).toBe(cp1251?.text)
  })

  it('tells Russian encodings apart in a line of text', () => {
    for (const encoding of [
      'windows-1251',
      'koi8-r',
      'ibm866',
      'iso-8859-5',
      'maccyrillic',
      'utf-16le',
      'utf-16be',
    ])
      for (const line of [
        'Привет, мир',
        'Отпуск длится 28 календарных дней.',
        'Run `make`. Затем запустите программу.',
      ])
        expect(decodeText(iconv.encode(line, encoding)).text, encoding).toBe(line)
  })

  it('reads western text, and text in UTF-8 whatever the page declares', () => {
    expect(decodeText(iconv.encode('It’s “quoted” — déjà vu', 'windows-1252')).text).toBe(
      'It’s “quoted” — déjà vu',
    )
    expect(decodeText(Buffer.from('Größe'), 'koi8-r').text).toBe('Größe')
    const credits = 'getElementById and xmlBuffers by Jérôme; see Pokorný. '.repeat(9)
    expect(decodeText(iconv.encode(credits, 'latin1')).text).toBe(credits)
  })

  it('removes NULs, BOMs and carriage returns, and replaces lone surrogates', () => {
    const { text: decoded } = decodeText(Buffer.from('\uFEFFa\0b\r\nc\rd'))
    expect(decoded).toBe('ab\nc\nd')
  })

  it('names the byte that belongs to no encoding', async () => {
    await expect(load('damaged.txt')).rejects.toMatchObject({
      code: 'invalid_encoding',
      message: expect.stringMatching(/offset 108\b/u),
    })
    expect(() => decodeText(Buffer.from('Hello \xff\xfe\x81\x80', 'latin1'))).toThrow(/offset 6\b/u)
    expect(() => decodeText(Buffer.from([0xff, 0xfe, 0x41, 0x00, 0x00, 0xd8, 0x41, 0x00]))).toThrow(
      /UTF-16.*offset 4\b/u,
    )
  })
})

describe('formats', () => {
  it('goes by content, then by extension', async () => {
    const name = async (content: string, uri: string) => (await detectLoader(Buffer.from(content), uri)).name
    expect(await name('# x', 'a.MD')).toBe('Markdown')
    expect(await name('plain', 'Makefile')).toBe('text')
    expect(await name('{"a": 1}', 'download')).toBe('JSON')
    expect(await name('[see](it.md), a: b', 'a.txt')).toBe('text')
    expect(await name('<!doctype html><p>x', 'a.txt')).toBe('HTML')
    expect(await name('From: a@b\nSubject: x\n\ntext', 'letter')).toBe('e-mail')
    expect(await name('Subject: this line is text', 'a.txt')).toBe('text')
    expect(await name('def f(): pass', 'a.py')).toBe('source code')
    expect(await name('  <!DOCTYPE html><p>x', 'download')).toBe('HTML')
    expect(await name('<?xml version="1.0"?>\n<a/>', 'a.xml')).toBe('XML')
    expect(await name('<?xml version="1.0"?>\n<a/>', 'a.xsl')).toBe('source code')
    expect(await name('BMW, ID3 tags and solid state', 'a.txt')).toBe('text')
    expect((await load('notes')).title).toBe('notes')
  })

  it('says what a file is that cannot be read, and what can', async () => {
    const image = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=',
      'base64',
    )
    await expect(parse(image, 'page.png')).rejects.toMatchObject({
      code: 'unsupported_format',
      message: expect.stringMatching(/image\/png.*Markdown.*\.md.*HTML/u),
    })
    await expect(load('report.pdf')).rejects.toMatchObject({ code: 'document_corrupt' })
    await expect(load('garbage.bin')).rejects.toMatchObject({ code: 'unsupported_format' })
    await expect(parse(file('garbage.bin'), 'garbage.md')).rejects.toMatchObject({
      code: 'unsupported_format',
    })
  })

  it('refuses files with nothing in them, and with too much', async () => {
    await expect(parse(Buffer.alloc(0), 'a.md')).rejects.toMatchObject({ code: 'document_empty' })
    await expect(load('blank.txt')).rejects.toMatchObject({ code: 'document_empty' })
    await expect(parse(Buffer.from('<p><!-- x --></p>'), 'a.html')).rejects.toMatchObject({
      code: 'document_empty',
    })
    await expect(parse(Buffer.from('---\ntitle: x\n---\n'), 'a.md')).rejects.toMatchObject({
      code: 'document_empty',
    })
    await expect(parse(Buffer.from('word '.repeat(30_000)), 'a.txt')).rejects.toMatchObject({
      code: 'document_too_large',
    })
  })
})

import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { builtinModel } from '../../../../models/builtin.ts'
import { loadTokenizer } from '../../../../models/tokenizer.ts'
import type { Chunk, LoadedDocument } from '../../../../src/domain/document.ts'
import { blocksOfChunks, unpackBlocks } from '../../../../src/domain/packed-blocks.ts'
import { blocksOf } from '../../../../src/ingest/blocks/blocks.ts'
import { html } from '../../../../src/ingest/loaders/html/html.ts'
import { readMarkdown } from '../../../../src/ingest/loaders/markdown.ts'
import { text } from '../../../../src/ingest/loaders/text.ts'
import { splitDocument } from '../../../../src/ingest/split/splitter.ts'

const model = builtinModel()
const tokenizer = loadTokenizer(model.folder)
const split = (document: LoadedDocument): Chunk[] => splitDocument(document, tokenizer)
const md = (source: string, uri = 'guide.md'): Chunk[] => split(readMarkdown(source, uri))

const sentence = (i: number): string =>
  `Sentence number ${i} tells about the daemon and its sockets in some detail.`
const paragraph = (sentences: number): string =>
  Array.from({ length: sentences }, (_, i) => sentence(i)).join(' ')

/** What must hold for the chunks of any document. */
function check(document: LoadedDocument): void {
  const chunks = split(document)
  let start = -1
  for (const [ordinal, chunk] of chunks.entries()) {
    expect(chunk.ordinal).toBe(ordinal)
    expect(chunk.start).toBeGreaterThan(start)
    start = chunk.start
    expect(chunk.text).toBe(document.text.slice(chunk.start, chunk.end))
    expect(chunk.text).toBe(chunk.text.trim())
    expect(chunk.text).not.toBe('')
    expect(chunk.text.isWellFormed()).toBe(true)
    expect(chunk.embedText.endsWith(chunk.text)).toBe(true)
    expect(chunk.hash).toBe(createHash('sha256').update(chunk.embedText).digest('hex'))
    expect(tokenizer.encode(model.prefixes.passage + chunk.embedText, 10_000).ids.length).toBeLessThanOrEqual(
      512,
    )
    if (document.linesMatchFile)
      expect(chunk.line).toBe(document.text.slice(0, chunk.start).split('\n').length)
  }
  for (const block of document.blocks)
    for (let at = block.start; at < block.end; at++)
      if (document.text.charAt(at).trim() !== '' && !chunks.some((c) => c.start <= at && at < c.end))
        throw new Error(`character ${at} of a ${block.kind} is in no chunk`)
  for (const [i, chunk] of chunks.entries()) {
    // What lies between blocks is never indexed.
    let rest = chunk.text
    for (const block of document.blocks) {
      const from = Math.max(block.start, chunk.start)
      const to = Math.min(block.end, chunk.end)
      if (from < to)
        rest = rest.slice(0, from - chunk.start) + ' '.repeat(to - from) + rest.slice(to - chunk.start)
    }
    if (rest.trim() !== '') throw new Error(`chunk ${i} holds what no block does: ${rest.trim()}`)
  }
}

describe('splitDocument', () => {
  it('packs the blocks of a section, begins with its heading, and keeps sections apart', () => {
    const source = `# Guide\n\n${paragraph(4)}\n\nShort one.\n\n## Install\n\n${paragraph(5)}\n\n## Run\n\n${paragraph(5)}\n`
    const chunks = md(source)
    expect(chunks.map((chunk) => [chunk.heading, chunk.line])).toEqual([
      ['Guide', 1],
      ['Guide › Install', 7],
      ['Guide › Run', 11],
    ])
    expect(chunks[0]?.text).toMatch(/^# Guide[\s\S]*Short one\.$/u)
    expect(chunks[1]?.embedText).toBe(`Guide\n\n${chunks[1]?.text}`)
  })

  it('joins sections of a line or two under the path they share', () => {
    const chunks = md('# FAQ\n\n## One\n\nYes.\n\n## Two\n\nNo.\n')
    expect(chunks).toHaveLength(1)
    expect(chunks[0]?.heading).toBe('FAQ')
  })

  it('keeps a paragraph of 230 tokens whole and cuts a longer one at sentences, repeating one', () => {
    const whole = text.load(paragraph(12), 'a.txt')
    expect(tokenizer.count(whole.text)).toBeGreaterThan(200)
    expect(split(whole)).toHaveLength(1)
    const chunks = split(text.load(paragraph(40), 'a.txt'))
    expect(chunks.length).toBeGreaterThan(2)
    for (const [i, chunk] of chunks.entries()) {
      expect(chunk.text).toMatch(/^Sentence number \d+ .*detail\.$/su)
      expect(chunk.tokens).toBeLessThanOrEqual(250)
      const next = chunks[i + 1]
      if (next)
        expect(chunk.text.endsWith(next.text.split('. ')[0] ?? '?') || next.start < chunk.end).toBe(true)
    }
  })

  it('gives the rows of a long table their header', () => {
    const rows = Array.from({ length: 60 }, (_, i) => `| option-${i} | what option ${i} does for you |`).join(
      '\n',
    )
    const chunks = md(`# Options\n\n| name | meaning |\n|---|---|\n${rows}\n`)
    expect(chunks.length).toBeGreaterThan(2)
    for (const chunk of chunks) {
      expect(chunk.embedText).toContain('| name | meaning |')
      expect(chunk.text.split('\n').at(-1)).toMatch(/^\| option-\d+ .* \|$/u)
    }
    expect(chunks[1]?.text).toMatch(/^\| option-/u)
  })

  it.each(['👩‍👩‍👧‍👦', 'и\u0306', '🇫🇷', '👍🏽'])('cuts a run of %s between graphemes only', (grapheme) => {
    const chunks = split(text.load(grapheme.repeat(2000), 'a.txt'))
    expect(chunks.length).toBeGreaterThan(1)
    for (const chunk of chunks) expect(chunk.text.replaceAll(grapheme, '')).toBe('')
  })

  it('does not index what a loader left out between two blocks', () => {
    const chunks = md('One paragraph.\n\n<!-- secret: do not read -->\n\nAnother paragraph.\n')
    expect(chunks.map((chunk) => chunk.text)).toEqual(['One paragraph.', 'Another paragraph.'])
  })

  it('holds for any Markdown', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '\n',
        '\n\n',
        '- ',
        '  - ',
        '1. ',
        '# ',
        '## Title\n',
        '```\n',
        '> ',
        '<div>',
        '<!-- c -->\n\n',
      ),
      fc.constantFrom(
        '| a | b |\n|---|---|\n| c | d |\n',
        '    code\n',
        '---\n',
        '===\n',
        '\t',
        '[a]: http://x\n',
      ),
      fc.constantFrom(
        paragraph(3),
        `${paragraph(20)}\n\n`,
        'слово '.repeat(300),
        'x7Z'.repeat(300),
        '😀'.repeat(300),
      ),
      fc.string({ unit: 'grapheme', maxLength: 8 }),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) =>
        check(
          readMarkdown(
            pieces
              .join('')
              .replace(/\r\n?|\0/gu, '\n')
              .toWellFormed(),
            'a.md',
          ),
        ),
      ),
      { numRuns: 300 },
    )
  })

  it('holds for any text and any page', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '<p>',
        '</p>',
        '<ul><li>',
        '</ul>',
        '<table><tr><td>',
        '<td>',
        '</table>',
        '<pre>',
        '</pre>',
      ),
      fc.constantFrom(
        '<h2>Title</h2>',
        '<blockquote>',
        '<br>',
        '<nav>',
        '</nav>',
        '<main>',
        '\n',
        '\n\n',
        '&amp;',
      ),
      fc.constantFrom(paragraph(2), 'слово '.repeat(300), '½'.repeat(500), '中文'.repeat(200)),
      fc.string({ unit: 'grapheme', maxLength: 8 }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 20 }), async (pieces) => {
        const source = pieces
          .join('')
          .replace(/\r\n?|\0/gu, '\n')
          .toWellFormed()
        check(text.load(source, 'a.txt'))
        check(await html.load(source, 'a.html'))
      }),
      { numRuns: 300 },
    )
  })

  it('is linear: megabytes with and without spaces', () => {
    const words = split(text.load('word and another '.repeat(200_000), 'a.txt'))
    expect(words.length).toBeGreaterThan(2000)
    const solid = split(text.load('ab7'.repeat(700_000), 'a.txt'))
    expect(solid.length).toBeGreaterThan(1000)
    const lines = split(text.load('one line of words\n\n'.repeat(100_000), 'a.txt'))
    expect(lines.length).toBeGreaterThan(1000)
  })
})

describe('blocks of chunks', () => {
  it('are those that overlap them; one that is cut is in all of its chunks, with what stands between', () => {
    const code = Array.from({ length: 80 }, (_, line) => `call_${line}(one, two, three)`).join('\n\n')
    const document = readMarkdown(
      `# Guide\n\nRun this:\n\n\`\`\`js\n${code}\n\`\`\`\n\nThe end.\n`,
      'guide.md',
    )
    const chunks = split(document)
    const cut = chunks.filter(({ blocks }) => blocks?.blocks.some(([kind]) => kind === 'code'))
    expect(cut.length).toBeGreaterThan(1)
    for (const { start, end, blocks } of chunks)
      for (const block of unpackBlocks(blocks ?? { paths: [], blocks: [] }))
        expect(block.start < end && block.end > start).toBe(true)
    const joined = cut.map(({ text, blocks }) => text + (blocks?.gap ?? '')).join('')
    expect(document.text).toContain(joined)
    const all = blocksOfChunks(chunks)?.map(({ kind }) => kind)
    expect(all).toEqual(blocksOf(document).map(({ kind }) => kind))
  })
})

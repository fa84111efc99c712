import * as fc from 'fast-check'
import { renderToString } from 'ink'
import { cleanup, render } from 'ink-testing-library'
import stringWidth from 'string-width'
import { afterEach, expect, test, vi } from 'vitest'
import { ending } from '../../../src/tui/live-answer.tsx'
import { Markdown } from '../../../src/tui/markdown.tsx'

// Only the text is looked at. Read once, when Ink is loaded.
vi.hoisted(() => {
  process.env.FORCE_COLOR = '0'
})

afterEach(cleanup)

const draw = (text: string, columns = 60) =>
  renderToString(<Markdown text={text} width={columns} />, { columns })

test('inline styles, links with their target, citation marks and entities', () => {
  const { lastFrame } = render(
    <Markdown text={'**b** *i* `c` ~~d~~ [l](https://a.b) <https://x.y> [1] &amp; \\*'} width={100} />,
  )
  expect(lastFrame()).toBe('b i c d l (https://a.b) https://x.y [1] & *')
})

test('a growing block is drawn again in place', () => {
  const { lastFrame, rerender } = render(<Markdown text="Half **bo" width={100} />)
  expect(lastFrame()).toBe('Half **bo')
  rerender(<Markdown text="Half **bold**." width={100} />)
  expect(lastFrame()).toBe('Half bold.')
})

test('headings, quotes, rules, code and lists', () => {
  const text =
    '# T\n\n> quoted\n> text\n\n---\n\n```js\n  a\n\nb\n```\n\n3. three\n   - nested\n4. four\n\n- [x] done'
  expect(draw(text)).toBe(
    [
      'T',
      '',
      '┃ quoted text',
      '',
      '─'.repeat(40),
      '',
      '    a',
      '',
      '  b',
      '',
      '3. three',
      '   • nested',
      '4. four',
      '',
      '☑ done',
    ].join('\n'),
  )
})

test('tables in columns, wrapped when narrow, as records when too narrow', () => {
  const table = '| Имя | N |\n|:--|--:|\n| кот | 1 |\n| 世界 | 22 |'
  expect(draw(table)).toBe(['Имя    N', '────  ──', 'кот    1', '世界  22'].join('\n'))
  const wide = '| a | b | c |\n|---|---|---|\n| some longer text | and some more | 3 |'
  for (const line of draw(wide, 24).split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(24)
  expect(draw(wide, 12)).toContain('c: 3')
})

test('control sequences do not survive', () => {
  const evil = 'a \u001b]8;;http://evil\u0007link\u001b]8;;\u0007 \u001b[2J `\u001b[31mred` \u009b31m b'
  expect(draw(evil)).not.toMatch(/[\u001b\u009b\u0007]/)
})

test('lines never exceed the terminal where there is room for a word', () => {
  const text =
    'Слова разной длины и **жирные слова** и `code` и 世界 — ещё.\n\n- пункт списка, который переносится\n\n> цитата, которая тоже переносится'
  for (let columns = 20; columns < 60; columns++) {
    for (const line of draw(text, columns).split('\n')) {
      expect(stringWidth(line)).toBeLessThanOrEqual(columns)
      expect(line).not.toMatch(/^ \S/)
    }
  }
})

test('draws anything on any terminal', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 10 }),
    fc.constantFrom(
      '\n',
      '\n\n',
      '> ',
      '- ',
      '    ',
      '1. ',
      '```\n',
      '|a|b|\n|-|-|\n',
      '**',
      '`',
      '[x](',
      '# ',
      '<b>',
    ),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), fc.integer({ min: 1, max: 60 }), (pieces, columns) => {
      expect(typeof draw(pieces.join(''), columns)).toBe('string')
    }),
    { numRuns: 300 },
  )
})

test.each(
  ['>'.repeat(20_000), '[', '*', '- '.repeat(3000), '|a'.repeat(2000)].map((each) => [
    each.slice(0, 8),
    each,
  ]),
)('nesting without end (%s…) is only text', (_name, text) => {
  expect(draw(text.length < 2 ? text.repeat(5000) : text)).not.toBe('')
})

test('a long unfinished block is shown by its end, still as what it is', () => {
  const code = `\`\`\`js\n${Array.from({ length: 500 }, (_, n) => `line ${n}`).join('\n')}`
  expect(ending(code, 3, 80)).toBe('```js\nline 497\nline 498\nline 499')
  const table = `| a | b |\n|---|---|\n${'| 1 | 2 |\n'.repeat(100)}`.trimEnd()
  expect(ending(table, 2, 80)).toBe('| a | b |\n|---|---|\n| 1 | 2 |\n| 1 | 2 |')
  expect(ending('слово '.repeat(1000), 2, 20).length).toBeLessThanOrEqual(40)
  expect(ending('short\ntext', 5, 20)).toBe('short\ntext')
})

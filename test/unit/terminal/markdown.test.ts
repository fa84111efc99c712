import * as fc from 'fast-check'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { layOut } from '../../../src/terminal/markdown/lay-out.ts'

const lines = (text: string, width = 40, colours = true) =>
  layOut(text, width, { colours }).map((line) => line.map((run) => run.text).join(''))

test('a table is aligned by what the terminal shows, and is name: value where it is too narrow', () => {
  const table = '| Имя | Город | N |\n|:--|:-:|--:|\n| 世界 | A | 1 |\n| é👍🏽 | Осло | 22 |'
  expect(lines(table)).toEqual(['Имя   Город   N', '────  ─────  ──', '世界    A     1', 'é👍🏽   Осло   22'])
  expect(lines(table, 10)).toEqual([
    'Имя: 世界',
    'Город: A',
    'N: 1',
    '',
    'Имя: é👍🏽',
    'Город:',
    'Осло',
    'N: 22',
  ])
})

test('long cells are wrapped within their column', () => {
  const table =
    '| Key | Meaning |\n|---|---|\n| timeout | seconds before the request is given up |\n| n | x |'
  expect(lines(table, 26)).toEqual([
    'Key      Meaning',
    '───────  ─────────────────',
    'timeout  seconds before',
    '         the request is',
    '         given up',
    'n        x',
  ])
})

test('code keeps its lines, blank lines, indentation and length', () => {
  const long = `run --with ${'a very long option '.repeat(5)}`.trimEnd()
  expect(lines(`Do this:\n\n\`\`\`sh\n${long}\n\n\tdone\n\`\`\``, 30)).toEqual(
    ['Do this:', '', `  ${long}`, '', '  \tdone'].map((line) =>
      line === '' ? expect.stringMatching(/^ *$/) : line,
    ),
  )
})

test('steps, nested lists and tasks hang under their text', () => {
  const text =
    '9. First take the cover off the machine\n   - with care, as it is heavy\n\n     ```\n     lift\n     ```\n10. Done\n\n- [ ] open\n- [x] closed'
  expect(lines(text, 30)).toEqual([
    '9. First take the cover off',
    '   the machine',
    '   • with care, as it is heavy',
    '',
    '       lift',
    '10. Done',
    '',
    '☐ open',
    '☑ closed',
  ])
})

test('words are broken only where they are longer than a line', () => {
  expect(lines('one **two**three [4](http://x.y) end', 10)).toEqual([
    'one',
    'twothree 4',
    '(http://x.',
    'y) end',
  ])
  expect(lines('世界世界世界', 5)).toEqual(['世界', '世界', '世界'])
})

test('styles, marks and targets of links are kept apart', () => {
  const [line] = layOut('**b *i*** `c` [l](http://x.y) [1]', 80, { colours: true })
  expect(line).toEqual([
    { text: 'b ', style: { bold: true } },
    { text: 'i', style: { bold: true, italic: true } },
    { text: ' ', style: {} },
    { text: 'c', style: { tone: 'code' } },
    { text: ' ', style: {} },
    { text: 'l', style: { underline: true, tone: 'link' } },
    { text: ' (http://x.y)', style: { dim: true } },
    { text: ' ', style: {} },
    { text: '[1]', style: { bold: true, tone: 'accent' } },
  ])
  expect(lines('`c`', 80, false)).toEqual(['`c`'])
})

test('no escape sequence of a document survives, in code and tables neither', () => {
  const evil = '\u001b]8;;http://evil\u0007link\u001b]8;;\u0007\u001b[2J\u009b31m\u202e'
  const text = `# ${evil}\n\n\`${evil}\`\n\n| ${evil} |\n|---|\n| ${evil} |\n\n\`\`\`\n${evil}\n\`\`\``
  for (const line of lines(text)) expect(line).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202e]/)
})

test('lines fit any terminal, but for code', () => {
  const piece = fc.constantFrom(
    'слово ',
    '世界',
    'a-long-word-of-letters',
    '\n',
    '\n\n',
    '> ',
    '- ',
    '1. ',
    '|a|b|\n|-|-|\n',
    '**',
    '`',
    '[x](y) ',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 25 }), fc.integer({ min: 24, max: 70 }), (pieces, width) => {
      for (const line of layOut(pieces.join(''), width, { colours: true })) {
        if (line.some(({ style }) => style.tone === 'code')) continue
        expect(stringWidth(line.map(({ text }) => text).join(''))).toBeLessThanOrEqual(width)
      }
    }),
  )
})

test('a table of very many columns is only text', () => {
  const wide = `${'|a'.repeat(2000)}\n${'|-'.repeat(2000)}\n${'|\n'.repeat(2000)}`
  expect(lines(wide, 80)[0]).toBe('|a'.repeat(40))
})

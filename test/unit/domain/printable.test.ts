import fc from 'fast-check'
import { expect, test } from 'vitest'
import { printable, printableLine } from '../../../src/domain/printable.ts'

test.each([
  ['colours', '\x1b[31mred\x1b[0m', 'red'],
  ['a window title', '\x1b]0;owned\x07text', 'text'],
  ['a clipboard write closed by ST', 'a\x1b]52;c;aGk=\x1b\\b', 'ab'],
  ['a hyperlink', '\x1b]8;;http://evil\x07link\x1b]8;;\x07', 'link'],
  ['an unterminated string', '\x1b]0;never closed', '0;never closed'],
  ['8-bit control sequences', '\x9b2Jgone', 'gone'],
  ['a device control string', 'a\x1bPq#0\x1b\\b', 'ab'],
  ['short escapes', '\x1bcreset \x1b(0', 'reset '],
  ['a lone escape', 'a\x1b', 'a'],
  ['carriage returns that overwrite', 'good\rbad\r\nnext', 'goodbad\nnext'],
  ['backspaces, bells, NUL and DEL', 'a\bb\x07c\0d\x7fe', 'abcde'],
  ['bidirectional overrides', 'a\u202etxt.exe\u202c\u2066b\u2069', 'atxt.exeb'],
])('%s are removed', (_name, text, expected) => {
  expect(printable(text)).toBe(expected)
})

test.each(['tab\there\nand lines', 'Привет, мир — «ёлки» №5', '日本語 👩‍👩‍👧 é', 'שלום'])(
  '%j stays as it is',
  (text) => {
    expect(printable(text)).toBe(text)
  },
)

test('whatever comes in, nothing that a terminal acts upon comes out', () => {
  const nasty = fc.string({ unit: fc.constantFrom(...'\x1b\x9b\x9d\x9c\x07[]P;\\0mH\r\n\tab\u202e') })
  fc.assert(
    fc.property(fc.oneof(nasty, fc.string({ unit: 'binary' })), (text) => {
      expect(printable(text)).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/)
    }),
  )
})

test('one line is one line', () => {
  expect(printableLine('  a\n\tb\x1b[2K  c ')).toBe('a b c')
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { escapedJson, escapedLine } from '../../../src/domain/escaped-json.ts'

/** C0 but line feed and tab, DEL, C1, and what is not seen: bidirectional, zero width, tags. */
const ACTS =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e0fff}]/u

test.each([
  ['DEL and C1', 'a\x7f\x80\x9b2Jb\x9d0;x\x9c', '"a\\u007f\\u0080\\u009b2Jb\\u009d0;x\\u009c"'],
  ['C0', '\x1b]0;x\x07\r', '"\\u001b]0;x\\u0007\\r"'],
  ['bidirectional controls', '\u202eab\u2066\u200f\u061c', '"\\u202eab\\u2066\\u200f\\u061c"'],
  ['line separators', '\u2028\u2029', '"\\u2028\\u2029"'],
  ['zero width', 'a\u200bb\ufeff\u2060', '"a\\u200bb\\ufeff\\u2060"'],
  ['tag characters, as two units', '\u{e0041}', '"\\udb40\\udc41"'],
  ['lone surrogates', '\ud800', '"\\ud800"'],
])('%s are escaped', (_name, value, expected) => {
  expect(escapedJson(value)).toBe(expected)
})

test('what people read stays as it is', () => {
  const text = 'Привет, «ёлки» №5 — 日本語 שלום 👍🏽 é \u00a0'
  expect(escapedJson(text)).toBe(JSON.stringify(text))
  expect(escapedJson({ a: [1, { b: 'c' }] }, 2)).toBe(JSON.stringify({ a: [1, { b: 'c' }] }, null, 2))
})

test('any value is the same value for a parser, and nothing in it acts on a terminal', () => {
  const odd = fc.string({
    unit: fc.constantFrom(...'\x9b\x9d\x7f\u202e\u2028"\\u[]x', '\u{e0061}', '\ud800'),
  })
  fc.assert(
    fc.property(
      fc.jsonValue({ noUnicodeString: false }),
      fc.dictionary(odd, fc.oneof(odd, fc.string({ unit: 'binary' }))),
      (value, odds) => {
        const written = escapedJson({ value, odds }, 2)
        expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify({ value, odds })))
        expect(written).not.toMatch(ACTS)
      },
    ),
  )
})

test('a line that is not JSON is harmless too', () => {
  expect(escapedLine('plain\r\x1b[2J\x9b2J\ttext')).toBe('plain\\u000d\\u001b[2J\\u009b2J\ttext')
})

import * as fc from 'fast-check'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { MAX_QUESTION_CHARACTERS } from '../../../src/domain/question.ts'
import { continuesLine, type Edit, type Editor, edit, editorOf } from '../../../src/tui/editor.ts'
import { layoutInput, moveRow } from '../../../src/tui/input-rows.ts'

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const boundaries = (text: string) =>
  new Set([...[...segmenter.segment(text)].map(({ index }) => index), text.length])

const piece = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 6 }),
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.constantFrom(
    'e\u0301',
    '\u0301',
    '👩‍👩‍👧',
    '\u200d',
    '🇷🇺',
    '🇷',
    '世界',
    'слово ',
    'й',
    'и\u0306',
    '\n',
    'a b',
    ' ',
  ),
)
const NAMES = [
  'newline',
  'backspace',
  'delete',
  'left',
  'right',
  'word-left',
  'word-right',
  'line-start',
  'line-end',
  'kill-to-start',
  'kill-to-end',
  'kill-word',
  'kill-word-right',
] as const
const change: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 2, arbitrary: piece.map((text): Edit => ({ do: 'insert', text })) },
  { weight: 3, arbitrary: fc.constantFrom(...NAMES).map((name): Edit => ({ do: name })) },
)
const run = (changes: readonly Edit[]): Editor => changes.reduce(edit, editorOf(''))

test('the cursor never stands inside a grapheme, whatever is typed', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      const { text, cursor } = run(changes)
      expect(boundaries(text)).toContain(cursor)
    }),
  )
})

test('left and right visit every grapheme boundary', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      let editor = editorOf(pieces.join(''))
      const seen = [editor.cursor]
      while (editor.cursor > 0) {
        editor = edit(editor, { do: 'left' })
        seen.push(editor.cursor)
      }
      expect(new Set(seen)).toEqual(boundaries(editor.text))
      for (const expected of seen.toReversed().slice(1)) {
        editor = edit(editor, { do: 'right' })
        expect(editor.cursor).toBe(expected)
      }
    }),
  )
})

test('backspace removes what left passes over, delete what right passes over', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      const editor = run(changes)
      const { text, cursor } = editor
      const left = edit(editor, { do: 'left' }).cursor
      expect(edit(editor, { do: 'backspace' }).text).toBe(text.slice(0, left) + text.slice(cursor))
      const right = edit(editor, { do: 'right' }).cursor
      expect(edit(editor, { do: 'delete' }).text).toBe(text.slice(0, cursor) + text.slice(right))
    }),
  )
})

test('killing to both ends of a line leaves the other lines', () => {
  const editor: Editor = { text: 'one\nдва слова\nthree', cursor: 'one\nдва'.length }
  expect(edit(editor, { do: 'kill-to-start' })).toEqual({ text: 'one\n слова\nthree', cursor: 4 })
  expect(edit(editor, { do: 'kill-to-end' })).toEqual({ text: 'one\nдва\nthree', cursor: 7 })
  expect(edit(editor, { do: 'kill-word' })).toEqual({ text: 'one\n слова\nthree', cursor: 4 })
  expect(edit(editor, { do: 'word-right' }).cursor).toBe('one\nдва слова'.length)
  expect(edit(editor, { do: 'line-start' }).cursor).toBe(4)
  expect(edit(editor, { do: 'line-end' }).cursor).toBe('one\nдва слова'.length)
})

test('at the end of a line Ctrl-K joins it with the next one, at its start Ctrl-U with the one before', () => {
  expect(edit({ text: 'a\nb', cursor: 1 }, { do: 'kill-to-end' })).toEqual({ text: 'ab', cursor: 1 })
  expect(edit({ text: 'a\nb', cursor: 2 }, { do: 'kill-to-start' })).toEqual({ text: 'ab', cursor: 1 })
})

test('what would make the question too long is cut, never inside a character', () => {
  const { text } = edit(editorOf('x'.repeat(MAX_QUESTION_CHARACTERS - 1)), { do: 'insert', text: '😀😀' })
  expect(text).toBe('x'.repeat(MAX_QUESTION_CHARACTERS - 1))
  expect(edit(editorOf(''), { do: 'insert', text: 'y'.repeat(1_000_000) }).text).toHaveLength(
    MAX_QUESTION_CHARACTERS,
  )
})

test('a trailing backslash continues the line, an escaped one does not', () => {
  expect(continuesLine(editorOf('a\\'))).toBe(true)
  expect(continuesLine(editorOf('a\\\\'))).toBe(false)
  expect(continuesLine({ text: 'a\\', cursor: 1 })).toBe(false)
})

const editor = fc.array(change, { maxLength: 40 }).map(run)
const width = fc.integer({ min: 1, max: 30 })

test('rows hold the whole text in order, none wider than the screen, and the cursor is on one of them', () => {
  fc.assert(
    fc.property(editor, width, (given, columns) => {
      const { rows, row, column } = layoutInput(given, columns)
      const joined = rows.map(({ text, end }) => text + (given.text[end] === '\n' ? '\n' : '')).join('')
      expect(joined).toBe(given.text)
      for (const { text } of rows) {
        const graphemes = [...segmenter.segment(text)].length
        expect(graphemes <= 1 || stringWidth(text) <= Math.max(2, columns - 1)).toBe(true)
      }
      const at = rows[row]
      expect(at).toBeDefined()
      expect(stringWidth(given.text.slice(at?.start, given.cursor))).toBe(column)
    }),
  )
})

test('moving between rows stays on boundaries and changes the row by one', () => {
  fc.assert(
    fc.property(editor, width, fc.constantFrom(-1 as const, 1 as const), (given, columns, by) => {
      const before = layoutInput(given, columns)
      const moved = moveRow(given, columns, by)
      if (moved === undefined) {
        expect(before.rows[before.row + by]).toBeUndefined()
        return
      }
      expect(boundaries(given.text)).toContain(moved.cursor)
      expect(layoutInput(moved, columns).row).toBe(before.row + by)
    }),
  )
})

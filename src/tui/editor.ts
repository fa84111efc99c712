/** Edits the input, as pure functions. The cursor is always on a grapheme boundary. */
import { MAX_QUESTION_CHARACTERS } from '../domain/question.ts'

export interface Editor {
  readonly text: string
  /** UTF-16 code units before the cursor. */
  readonly cursor: number
}

export type Edit = { readonly do: 'insert'; readonly text: string } | { readonly do: EditName }

export type EditName =
  | 'newline'
  | 'backspace'
  | 'delete'
  | 'left'
  | 'right'
  | 'word-left'
  | 'word-right'
  | 'line-start'
  | 'line-end'
  | 'kill-to-start'
  | 'kill-to-end'
  | 'kill-word'
  | 'kill-word-right'

export const EMPTY: Editor = { text: '', cursor: 0 }

export const editorOf = (text: string): Editor => ({ text, cursor: text.length })

export function edit(editor: Editor, change: Edit): Editor {
  const { text, cursor } = editor
  switch (change.do) {
    case 'insert':
      return insert(editor, change.text)
    case 'newline':
      return insert(editor, '\n')
    case 'backspace':
      return remove(text, boundaryBefore(text, cursor), cursor)
    case 'delete':
      return remove(text, cursor, boundaryAfter(text, cursor))
    case 'left':
      return { text, cursor: boundaryBefore(text, cursor) }
    case 'right':
      return { text, cursor: boundaryAfter(text, cursor) }
    case 'word-left':
      return { text, cursor: wordStart(text, cursor) }
    case 'word-right':
      return { text, cursor: wordEnd(text, cursor) }
    case 'line-start':
      return { text, cursor: lineStart(text, cursor) }
    case 'line-end':
      return { text, cursor: lineEnd(text, cursor) }
    case 'kill-to-start': {
      const start = lineStart(text, cursor)
      return remove(text, start === cursor ? boundaryBefore(text, cursor) : start, cursor)
    }
    case 'kill-to-end': {
      const end = lineEnd(text, cursor)
      return remove(text, cursor, end === cursor ? boundaryAfter(text, cursor) : end)
    }
    case 'kill-word':
      return remove(text, wordStart(text, cursor), cursor)
    case 'kill-word-right':
      return remove(text, cursor, wordEnd(text, cursor))
  }
}

/** Whether the line ends in a backslash before the cursor, so that Enter inserts a new line instead of sending. */
export const continuesLine = ({ text, cursor }: Editor): boolean =>
  cursor === text.length && /(?<!\\)(?:\\\\)*\\$/.test(text)

/** The nearest grapheme boundary at or after `offset`. */
function snap(text: string, offset: number): number {
  if (offset <= 0) return 0
  if (offset >= text.length) return text.length
  const around = graphemes.segment(text).containing(offset)
  return around === undefined || around.index === offset ? offset : around.index + around.segment.length
}

export const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const words = new Intl.Segmenter(undefined, { granularity: 'word' })

function insert({ text, cursor }: Editor, added: string): Editor {
  const room = Math.max(0, MAX_QUESTION_CHARACTERS - text.length)
  const fitting = added.length <= room ? added : added.slice(0, wholeCharacters(added, room))
  const next = text.slice(0, cursor) + fitting + text.slice(cursor)
  return { text: next, cursor: snap(next, cursor + fitting.length) }
}

/** `length`, or one less if that would split a surrogate pair. */
function wholeCharacters(text: string, length: number): number {
  const last = text.charCodeAt(length - 1)
  return last >= 0xd800 && last <= 0xdbff ? length - 1 : length
}

/** Both sides of the removed text may join into one grapheme: the cursor then moves behind it. */
function remove(text: string, start: number, end: number): Editor {
  const next = text.slice(0, start) + text.slice(end)
  return { text: next, cursor: snap(next, start) }
}

function boundaryBefore(text: string, offset: number): number {
  if (offset <= 0) return 0
  return graphemes.segment(text).containing(offset - 1)?.index ?? 0
}

function boundaryAfter(text: string, offset: number): number {
  const next = graphemes.segment(text).containing(offset)
  return next === undefined ? text.length : next.index + next.segment.length
}

const lineStart = (text: string, offset: number): number =>
  offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1

function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset)
  return end === -1 ? text.length : end
}

/** Start of the word that ends at or before the cursor; 0 if there is none. */
function wordStart(text: string, offset: number): number {
  let start = 0
  for (const word of words.segment(text.slice(0, offset))) if (word.isWordLike) start = word.index
  return snap(text, start)
}

function wordEnd(text: string, offset: number): number {
  for (const word of words.segment(text.slice(offset)))
    if (word.isWordLike) return snap(text, offset + word.index + word.segment.length)
  return text.length
}

/** Lays out the input on the screen: rows of whole graphemes, and the cursor's position. */
import stringWidth from 'string-width'
import { type Editor, graphemes } from './editor.ts'

interface InputRow {
  readonly text: string
  /** UTF-16 offset of the row in the input. */
  readonly start: number
  readonly end: number
}

export interface InputLayout {
  readonly rows: readonly InputRow[]
  /** Position of the cursor, in rows and terminal columns. */
  readonly row: number
  readonly column: number
}

/** Breaks the input at line feeds and after `width` columns; the cursor's last column is `width - 1`. */
export function layoutInput({ text, cursor }: Editor, width: number): InputLayout {
  const columns = Math.max(2, width - 1)
  const rows: InputRow[] = []
  let start = 0
  let used = 0
  for (const { segment, index } of graphemes.segment(text)) {
    if (segment === '\n') {
      rows.push({ text: text.slice(start, index), start, end: index })
      start = index + 1
      used = 0
      continue
    }
    const size = stringWidth(segment)
    if (used + size > columns) {
      rows.push({ text: text.slice(start, index), start, end: index })
      start = index
      used = 0
    }
    used += size
  }
  rows.push({ text: text.slice(start), start, end: text.length })
  const row = rows.findLastIndex((candidate) => candidate.start <= cursor)
  const column = stringWidth(text.slice(rows[row]?.start ?? 0, cursor))
  return { rows, row, column }
}

/** Moves the cursor one row up or down, keeping its column if possible; undefined if there is no such row. */
export function moveRow(editor: Editor, width: number, by: -1 | 1): Editor | undefined {
  const { rows, row, column } = layoutInput(editor, width)
  const target = rows[row + by]
  if (target === undefined) return undefined
  let cursor = target.start
  let used = 0
  for (const { segment, index } of graphemes.segment(target.text)) {
    const size = stringWidth(segment)
    if (used + size > column) break
    used += size
    cursor = target.start + index + segment.length
  }
  // The end of a row broken for width is also the start of the next: stay on the row.
  const broken = rows[row + by + 1]?.start === target.end
  if (broken && cursor === target.end) cursor = lastBoundary(target)
  return { text: editor.text, cursor }
}

function lastBoundary(row: InputRow): number {
  let last = row.start
  for (const { index } of graphemes.segment(row.text)) last = row.start + index
  return last
}

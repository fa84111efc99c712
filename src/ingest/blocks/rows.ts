/** Tables as they stand in text: one block a row, with its header rows. */
import type { Span } from '../../domain/document.ts'
import { cellsOf } from '../../text/cells.ts'
import { lines, trimmed } from '../../text/lines.ts'

export interface FoundTable {
  readonly header: readonly Span[]
  readonly rows: readonly Row[]
}

interface Row extends Span {
  /** The row of one cell that names the rows below it. */
  readonly under?: Span
}

/** Each row of a table is read and quoted with all of them. */
const MAX_HEADER_ROWS = 8
/** UTF-16 code units of a row that tell whether it is a header or a border. */
const ROW_ROOM = 2000
const BORDER = /^[\s|:+=-]+$/u

/**
 * The rows of a table without its borders. `headerRows` as the format says; else the first row is a header where
 * it reads as one: a border below it, or names in all of its cells and more rows.
 */
export function tableIn(text: string, span: Span, headerRows?: number): FoundTable {
  const rows: Span[] = []
  let bordered: number | undefined
  for (const line of lines(text, span.start, span.end)) {
    const row = trimmed(text, line)
    if (row.start === row.end) continue
    if (BORDER.test(text.slice(row.start, Math.min(row.end, row.start + ROW_ROOM)))) {
      if (rows.length > 0) bordered ??= rows.length
    } else rows.push(row)
  }
  const count = Math.min(
    MAX_HEADER_ROWS,
    headerRows ??
      bordered ??
      (looksLikeHeader(rows.slice(0, 6).map((row) => cellsOf(text.slice(row.start, row.end)))) ? 1 : 0),
  )
  // A table of nothing but names is a table of values.
  if (count >= rows.length) return { header: [], rows }
  return { header: rows.slice(0, count), rows: underNames(text, rows.slice(count)) }
}

/** UTF-16 code units of a name of rows. */
const MAX_NAME_CHARACTERS = 120

/** A row of one cell above rows of several is a name of these. */
function underNames(text: string, rows: readonly Span[]): Row[] {
  const found: Row[] = []
  let under: Span | undefined
  const hasCells = ({ start, end }: Span) => text.slice(start, Math.min(end, start + ROW_ROOM)).includes('|')
  for (const [i, row] of rows.entries()) {
    const next = rows[i + 1]
    const isName = !hasCells(row) && row.end - row.start <= MAX_NAME_CHARACTERS
    if (isName && next && hasCells(next)) under = row
    else found.push(under && hasCells(row) ? { ...row, under } : row)
  }
  return found
}

const HAS_NUMBER = /\p{N}/u

function looksLikeHeader([first = [], ...others]: readonly (readonly string[])[]): boolean {
  if (others.length === 0 || first.length < 2 || first.some((cell) => cell.length > 80)) return false
  if (first.filter((cell) => cell !== '').length < 2) return false
  const isNumber = (cell = '') => HAS_NUMBER.test(cell) && !/\p{L}{2}/u.test(cell)
  // Numbers above numbers are values; years and such may head a column.
  return !first.some((cell, at) => isNumber(cell) && others.every((row) => isNumber(row[at])))
}

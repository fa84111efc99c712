/** Reads tables in text: one block per row, with the header rows. */
import type { Span } from '../../domain/document.ts'
import { cellsOf } from '../../text/cells.ts'
import { lines, trimmed } from '../../text/lines.ts'

export interface FoundTable {
  readonly header: readonly Span[]
  readonly rows: readonly Row[]
}

interface Row extends Span {
  /** The single-cell row above that names this group of rows. */
  readonly under?: Span
}

/** Every row is read and quoted together with all header rows. */
const MAX_HEADER_ROWS = 8
/** How much of a row is inspected to classify it, in UTF-16 code units. */
const ROW_ROOM = 2000
const BORDER = /^[\s|:+=-]+$/u

/**
 * The rows of a table, without borders. `headerRows` is what the format says; without it, the rows above the first
 * border are the header, or the first row if it reads like one.
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
  // If every row counts as a header, they are values.
  if (count >= rows.length) return { header: [], rows }
  return { header: rows.slice(0, count), rows: underNames(text, rows.slice(count)) }
}

/** Limit of a row that names a group, in UTF-16 code units. */
const MAX_NAME_CHARACTERS = 120

/** A single-cell row above rows of several cells names them. */
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
  // A number above numbers is a value. Above anything else it may be a heading, such as a year.
  return !first.some((cell, at) => isNumber(cell) && others.every((row) => isNumber(row[at])))
}

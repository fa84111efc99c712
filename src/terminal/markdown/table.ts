/** A Markdown table in columns; as one record a row where the terminal is too narrow for columns. */
import type { Tokens } from 'marked'
import { inline, type Palette } from './inline.ts'
import { type Line, type Run, run, type Style, widthOf, wrap } from './runs.ts'

const COLUMN_GAP = 2
/** Columns of the terminal below which a column cannot be read. */
const MIN_COLUMN_WIDTH = 6

export function layOutTable(table: Tokens.Table, width: number, palette: Palette): Line[] {
  const runsOf = (cells: readonly Tokens.TableCell[], style?: Style) =>
    cells.map(({ tokens }) => inline(tokens, palette, style))
  const header = runsOf(table.header, { bold: true })
  const rows = table.rows.map((cells) => runsOf(cells))
  const widths = columnWidths([header, ...rows], header.length, width)
  if (widths === undefined) return records(header, rows, width)
  const rule = widths.map((columns) => '─'.repeat(columns)).join(' '.repeat(COLUMN_GAP))
  return [
    ...layOutRow(header, widths, table.align),
    [run(rule, { dim: true })],
    ...rows.flatMap((row) => layOutRow(row, widths, table.align)),
  ]
}

type Row = readonly (readonly Run[])[]

function layOutRow(row: Row, widths: readonly number[], align: Tokens.Table['align']): Line[] {
  const cells = widths.map((columns, index) => wrap(row[index] ?? [], columns))
  const height = Math.max(...cells.map((lines) => lines.length))
  return Array.from({ length: height }, (_, line) => {
    const runs: Run[] = []
    let blank = 0
    for (const [index, columns] of widths.entries()) {
      const text = cells[index]?.[line] ?? []
      const free = columns - widthOf(text)
      const before = align[index] === 'right' ? free : align[index] === 'center' ? Math.floor(free / 2) : 0
      blank += before
      if (text.length > 0) {
        runs.push(run(' '.repeat(blank)), ...text)
        blank = 0
      }
      blank += free - before + COLUMN_GAP
    }
    return runs
  })
}

function records(header: Row, rows: readonly Row[], width: number): Line[] {
  return rows.flatMap((row, index) => {
    const fields = row.flatMap((cell, column) => {
      const name = header[column] ?? []
      return wrap(name.length === 0 ? cell : [...name, run(': ', { bold: true }), ...cell], width)
    })
    return index === 0 ? fields : [[], ...fields]
  })
}

/** Natural widths, the widest columns shortened until the table fits; undefined when it cannot. */
function columnWidths(rows: readonly Row[], count: number, width: number): number[] | undefined {
  const widths = Array.from({ length: count }, (_, index) =>
    rows.reduce((widest, row) => Math.max(widest, widthOf(row[index] ?? [])), 1),
  )
  const room = width - COLUMN_GAP * (count - 1)
  const least = widths.reduce((total, columns) => total + Math.min(columns, MIN_COLUMN_WIDTH), 0)
  if (room < least) return undefined
  let excess = sum(widths) - room
  while (excess > 0) {
    const widest = Math.max(...widths)
    const index = widths.indexOf(widest)
    const next = Math.max(...widths.filter((each) => each < widest), MIN_COLUMN_WIDTH)
    const cut = Math.min(excess, Math.max(1, widest - next))
    widths[index] = widest - cut
    excess -= cut
  }
  return widths
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)

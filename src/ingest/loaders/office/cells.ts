import { anyOf } from '../../../text/all-languages.ts'

/** Texts of a row by column, in any numbering: sheets have thousands of columns with nothing in them. */
export type CellRow = ReadonlyMap<number, string>

/** A line for each row, its cells apart by ` | `; columns that are empty throughout are left out. */
export function tableText(rows: readonly CellRow[]): string {
  const used = new Set<number>()
  let filled = 0
  for (const row of rows)
    for (const [column, cell] of row)
      if (cell.trim() !== '') {
        used.add(column)
        filled++
      }
  const columns = [...used].toSorted((a, b) => a - b)
  if (rows.length * columns.length > Math.max(MAX_CELLS, MAX_GAPS * filled))
    return rows.map((row) => [...row.values()].map(cellText).join(' | ')).join('\n')
  return rows
    .map((row) => columns.map((column) => cellText(row.get(column) ?? '')).join(' | '))
    .filter((line) => /[^\s|]/u.test(line))
    .map((line) => line.trimEnd())
    .join('\n')
}

/** Cells above which a table with so many for each filled one is all gaps: its rows are written without them. */
const MAX_CELLS = 500_000
const MAX_GAPS = 20

export const rowOf = (cells: readonly string[]): CellRow => new Map(cells.entries())

const cellText = (text: string): string => text.replace(/\s+/gu, ' ').trim()

const GENERATED = new RegExp(
  anyOf(({ documents }) => documents.generatedDescriptions),
  'iu',
)

/** The alternative text of a picture, unless a program guessed it. */
export const meaningful = (description = ''): string =>
  GENERATED.test(description) ? '' : description.trim()

import { oneLine } from '../../../text/lines.ts'

/** A row's texts by column number. Sparse, because sheets have thousands of empty columns. */
export type CellRow = ReadonlyMap<number, string>

/** One line per row, cells separated by ` | `; empty rows and columns are left out. */
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
    return rows.map((row) => [...row.values()].map(oneLine).join(' | ')).join('\n')
  return rows
    .map((row) => columns.map((column) => oneLine(row.get(column) ?? '')).join(' | '))
    .filter((line) => /[^\s|]/u.test(line))
    .map((line) => line.trimEnd())
    .join('\n')
}

/** A table with more cells than this, and more than this many per filled one, is written without its gaps. */
const MAX_CELLS = 500_000
const MAX_GAPS = 20

export const rowOf = (cells: readonly string[]): CellRow => new Map(cells.entries())

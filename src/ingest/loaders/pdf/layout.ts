/** Arranges the runs of a page into cells (columns of lines) and rows of cells, in reading order. */
import { type Box, type TextRun as Line, sameLine } from './runs.ts'

/** Lines directly below each other: one or more paragraphs, a heading, or a cell of a table. */
export interface Cell extends Box {
  readonly lines: Line[]
}

export type Region =
  | { readonly kind: 'flow'; readonly lines: readonly Line[] }
  /** The texts of the cells, row by row. */
  | { readonly kind: 'table'; readonly rows: readonly (readonly string[])[]; readonly top: number }

/** Maximum baseline distance of lines that belong together, in font sizes. */
const LEADING = 2.1
/** At least this many rows of two texts, mostly this long, are not a table but two columns drawn line by line. */
const COLUMN_ROWS = 5
const COLUMN_CHARACTERS = 24

export function regionsOf(runs: readonly Line[]): Region[] {
  const bands = bandsOf(orderCells(cellsOf(runs)))
  const regions: Region[] = []
  for (let at = 0; at < bands.length; ) {
    const rows = tableAt(bands, at)
    if (rows.length < 2) {
      for (const { lines } of bands[at] ?? []) regions.push({ kind: 'flow', lines })
      at++
    } else {
      regions.push(...(areColumns(rows) ? columns(rows) : [table(rows)]))
      at += rows.length
    }
  }
  return regions
}

/** Groups runs in content-stream order: a run directly below the previous cell joins it. */
function cellsOf(runs: readonly Line[]): Cell[] {
  const cells: Cell[] = []
  let open: Cell | undefined
  for (const run of runs) {
    const last = open?.lines.at(-1)
    if (open && last && follows(open, last, run)) {
      open.lines.push(run)
      open = { lines: open.lines, ...around(open, run) }
      cells[cells.length - 1] = open
    } else {
      open = { lines: [run], left: run.left, right: run.right, bottom: run.bottom, top: run.top }
      cells.push(open)
    }
  }
  return cells
}

function follows(cell: Cell, last: Line, run: Line): boolean {
  const size = Math.max(last.size, run.size)
  const down = last.bottom - run.bottom
  // A title above a table does not belong to its first column.
  if (size > 1.15 * Math.min(last.size, run.size) && run.text.length > 2) return false
  const overlap = Math.min(cell.right, run.right) - Math.max(cell.left, run.left)
  return (
    down >= 0.5 * size && down < LEADING * size && overlap > 0.3 * Math.min(run.right - run.left, 4 * size)
  )
}

const around = (a: Box, b: Box): Box => ({
  left: Math.min(a.left, b.left),
  right: Math.max(a.right, b.right),
  bottom: Math.min(a.bottom, b.bottom),
  top: Math.max(a.top, b.top),
})

/** Pages with more cells keep their order, because sorting compares all pairs. */
const MAX_SORTED = 300

/**
 * Keeps the order of the content stream, which nearly all programs write in reading order, unless it often jumps back
 * up within a column; then cells are sorted by their position.
 */
function orderCells(cells: Cell[]): Cell[] {
  let jumps = 0
  for (const [i, cell] of cells.entries()) {
    const before = cells[i - 1]
    if (before && cell.bottom > before.top && overlapsX(cell, before)) jumps++
  }
  if (jumps < 2 || jumps < 0.08 * cells.length || cells.length > MAX_SORTED) return cells
  return readingOrder(cells)
}

const overlapsX = (a: Box, b: Box): boolean =>
  Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.2 * Math.min(a.right - a.left, b.right - b.left)

/** Breuel's rules: in one column, the upper cell goes first; else the left one, unless a cell between spans both. */
function readingOrder(cells: readonly Cell[]): Cell[] {
  const isBefore = (a: Cell, b: Cell): boolean => {
    if (overlapsX(a, b)) return a.top > b.top
    if (a.right > b.left) return false
    const [high, low] = [Math.max(a.top, b.top), Math.min(a.bottom, b.bottom)]
    const spanned = cells.some(
      (c) => c.top < high && c.bottom > low && overlapsX(c, a) && overlapsX(c, b) && c !== a && c !== b,
    )
    return !spanned || a.top > b.top
  }
  const left = cells.toSorted((a, b) => b.top - a.top)
  const before = new Map(
    left.map((cell) => [cell, new Set(left.filter((other) => other !== cell && isBefore(other, cell)))]),
  )
  const ordered: Cell[] = []
  while (left.length > 0) {
    const free = left.findIndex((cell) => before.get(cell)?.size === 0)
    const [next] = left.splice(Math.max(0, free), 1)
    if (!next) break
    for (const cells of before.values()) cells.delete(next)
    ordered.push(next)
  }
  return ordered
}

/** Groups consecutive cells that are side by side. */
function bandsOf(cells: readonly Cell[]): Cell[][] {
  const bands: Cell[][] = []
  for (const cell of cells) {
    const band = bands.at(-1)
    const last = band?.at(-1)
    const first = band?.[0]
    if (band && last && first && cell.left >= last.right && startsBeside(first, cell)) band.push(cell)
    else bands.push([cell])
  }
  return bands
}

/** Whether their first lines share a baseline, or one is a single line centred beside the other. */
function startsBeside(a: Cell, b: Cell): boolean {
  const [first, other] = [a.lines[0], b.lines[0]]
  if (!first || !other) return false
  if (sameLine(first, other)) return true
  const middle = (box: Box) => (box.top + box.bottom) / 2
  return (
    Math.min(a.lines.length, b.lines.length) === 1 &&
    Math.abs(middle(a) - middle(b)) < 0.6 * Math.max(first.size, other.size)
  )
}

/** The bands from `at` that are rows of one table: two or more cells, aligned with those of the row before. */
function tableAt(bands: readonly Cell[][], at: number): Cell[][] {
  const rows: Cell[][] = []
  for (let i = at; i < bands.length; i++) {
    const band = bands[i]
    const before = rows.at(-1)
    if (!band || band.length < 2) break
    if (before && !(isBelow(before, band) && inLine(before, band))) break
    rows.push(band)
  }
  return rows
}

function isBelow(above: readonly Cell[], row: readonly Cell[]): boolean {
  const highest = above.reduce((most, { bottom }) => Math.max(most, bottom), Number.NEGATIVE_INFINITY)
  const lowest = above.reduce((least, { bottom }) => Math.min(least, bottom), Number.POSITIVE_INFINITY)
  const top = row.reduce((most, cell) => Math.max(most, cell.top), Number.NEGATIVE_INFINITY)
  const size = row[0]?.lines[0]?.size ?? 0
  // A cell may span several rows.
  return top <= highest + 0.7 * size && lowest - top < 3 * size
}

/** Whether most cells of the shorter row overlap a cell of the other horizontally. */
function inLine(a: readonly Cell[], b: readonly Cell[]): boolean {
  const [few, many] = a.length < b.length ? [a, b] : [b, a]
  let placed = 0
  let at = 0
  // Both are sorted from left to right and don't overlap.
  for (const cell of few) {
    while ((many[at]?.right ?? Number.POSITIVE_INFINITY) <= cell.left) at++
    const other = many[at]
    if (other && Math.min(cell.right, other.right) > Math.max(cell.left, other.left)) placed++
  }
  return placed >= Math.max(2, 0.6 * few.length)
}

function areColumns(rows: readonly (readonly Cell[])[]): boolean {
  if (rows.length < COLUMN_ROWS) return false
  const long = rows.filter(
    (row) => row.length === 2 && row.every((cell) => textOf(cell).length > COLUMN_CHARACTERS),
  )
  return long.length > 0.6 * rows.length
}

function columns(rows: readonly (readonly Cell[])[]): Region[] {
  const lines: Line[][] = [[], []]
  for (const row of rows) for (const [i, cell] of row.entries()) lines[Math.min(i, 1)]?.push(...cell.lines)
  return lines.map((column) => ({ kind: 'flow', lines: column }))
}

const table = (rows: readonly (readonly Cell[])[]): Region => ({
  kind: 'table',
  rows: rows.map((row) => row.map(textOf)),
  top: rows[0]?.[0]?.top ?? 0,
})

const textOf = ({ lines }: Cell): string => lines.map(({ text }) => text.trim()).join(' ')

/** From the runs of a page to its cells (columns of lines) and rows of cells, in reading order. */
import { type Box, type TextRun as Line, sameLine } from './runs.ts'

/** Lines right under each other: a paragraph or several, a heading, a cell of a table. */
export interface Cell extends Box {
  readonly lines: Line[]
}

export type Region =
  | { readonly kind: 'flow'; readonly lines: readonly Line[] }
  /** Rows of cells, each cell a text. */
  | { readonly kind: 'table'; readonly rows: readonly (readonly string[])[]; readonly top: number }

/** Distance of the baselines of lines that belong together, in sizes of their type. */
const LEADING = 2.1
/** Rows of two long texts are lines of two columns, drawn across the page. */
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

/** Runs gathered in the order of the stream: a run goes to the cell before it when it stands right under it. */
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
  // A title over a table is no part of its first column.
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

/** Cells of one page above which their order is left alone: sorting compares each with each. */
const MAX_SORTED = 300

/**
 * The order of the content stream, which nearly all programs write in reading order; where it often jumps back up
 * over the same columns, the order in which a person reads the page.
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

/** Breuel's rules: above goes first in one column; left goes first unless something between spans both. */
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

/** Consecutive cells side by side. */
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

/** First lines at one height, or a single line in the middle of the other's height. */
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

/** The bands from `at` on that are rows of one table: two cells or more, the columns in line with the row before. */
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
  // A cell may reach over several rows.
  return top <= highest + 0.7 * size && lowest - top < 3 * size
}

/** Cells of the shorter row lie over or under cells of the other. */
function inLine(a: readonly Cell[], b: readonly Cell[]): boolean {
  const [few, many] = a.length < b.length ? [a, b] : [b, a]
  let placed = 0
  let at = 0
  // Both stand from left to right without overlap.
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

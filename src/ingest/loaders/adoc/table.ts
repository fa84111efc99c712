/** Tables of AsciiDoc. */
import { type GridCell, spread } from '../writing/grid.ts'

/** What stands before the bar of a cell: `2+`, `.3+`, `3*`, and letters and signs for its style. */
const SPECIFIER = /(?:^|\s)(?:(\d{1,3})?(?:\.(\d{1,3}))?([+*]))?[<^>]?(?:\.[<^>])?[adehlmsv]?$/u
/** Cells that `3*|` may repeat. */
const MAX_REPEATED = 100

export interface AdocTable {
  readonly text: string
  readonly headerRows: number | undefined
}

/**
 * The rows as `cell | cell`. `options` are those of the block, such as `[cols="1,1",options="header"]`; `lines`, what
 * stands between the two borders, of which `border` is one.
 */
export function tableOf(
  lines: readonly string[],
  border: string,
  options: string,
  plain: (source: string) => string,
): AdocTable {
  const separator = border.startsWith(',') || /format\s*=\s*"?csv/u.test(options) ? ',' : border.charAt(0)
  const cells =
    separator === '|' || separator === '!' ? cellsOf(lines, separator) : separated(lines, separator)
  const columns = columnsOf(options) ?? firstRow(cells)
  const rows = spread(rowsOf(cells, columns))
  const hasHeader =
    /%header|options\s*=\s*"[^"]*header|opts\s*=\s*"[^"]*header/u.test(options) ||
    (!/%noheader|noheader/u.test(options) && isHeadedByBlank(lines))
  return {
    text: rows
      .map((row) => row.map(plain).join(' | ').trimEnd())
      .filter((row) => /[^\s|]/u.test(row))
      .join('\n'),
    headerRows: hasHeader && rows.length > 1 ? 1 : undefined,
  }
}

interface Cell extends GridCell {
  text: string
  /** Line of the source that it begins in. */
  readonly line: number
}

function cellsOf(lines: readonly string[], separator: string): Cell[] {
  const cells: Cell[] = []
  for (const [at, line] of lines.entries()) {
    const parts = line.replaceAll(`\\${separator}`, '\u0001').split(separator)
    let pending = specifierOf(parts[0] ?? '')
    const before = cells.at(-1)
    if (before && pending.rest.trim() !== '')
      before.text = `${before.text} ${restored(pending.rest, separator)}`
    for (const [i, part] of parts.slice(1).entries()) {
      const isLast = i === parts.length - 2
      const next = isLast ? { rest: part } : specifierOf(part)
      const { columns, rows, times = 1 } = pending
      const cell = { text: restored(next.rest, separator).trim(), columns, rows, line: at }
      for (let n = 0; n < Math.min(times, MAX_REPEATED); n++) cells.push({ ...cell })
      pending = next
    }
  }
  return cells
}

const restored = (text: string, separator: string): string => text.replaceAll('\u0001', separator).trim()

interface Specifier {
  readonly rest: string
  readonly columns?: number
  readonly rows?: number
  readonly times?: number
}

/** Takes the specifier of the next cell off the end of the text of the one before. */
function specifierOf(text: string): Specifier {
  const tail = text.slice(-16)
  const found = SPECIFIER.exec(tail)
  if (!found || found[0].trim() === '' || tail !== tail.trimEnd()) return { rest: text }
  const rest = text.slice(0, text.length - tail.length + found.index)
  const [, first, down, sign] = found
  const count = first === undefined ? undefined : Number(first)
  if (sign === '*') return { rest, times: count ?? 1 }
  return { rest, columns: count, rows: down === undefined ? undefined : Number(down) }
}

const separated = (lines: readonly string[], separator: string): Cell[] =>
  lines.flatMap((line, at) =>
    line.trim() === ''
      ? []
      : line.split(separator).map((text) => ({ text: text.trim().replace(/^"(.*)"$/u, '$1'), line: at })),
  )

/** `cols="1,2a,>3"` has three columns, `cols="4*"` four. */
function columnsOf(options: string): number | undefined {
  const list = /cols\s*=\s*(?:"([^"]{1,500})"|(\d{1,3}\*?))/u.exec(options)
  const given = list?.[1] ?? list?.[2]
  if (given === undefined) return undefined
  const count = given
    .split(/[,;]/u)
    .reduce((sum, each) => sum + Math.max(1, Number(/^\s*(\d{1,2})\*/u.exec(each)?.[1] ?? 1)), 0)
  return Math.max(1, count)
}

/** Without a list of columns, the cells of the first line are the first row. */
const firstRow = (cells: readonly Cell[]): number =>
  Math.max(
    1,
    cells.filter(({ line }) => line === cells[0]?.line).reduce((sum, { columns = 1 }) => sum + columns, 0),
  )

function rowsOf(cells: readonly Cell[], columns: number): Cell[][] {
  const rows: Cell[][] = []
  let room = 0
  /** Columns of later rows that cells above cover. */
  const covered: number[] = []
  for (const cell of cells) {
    if (room <= 0) {
      rows.push([])
      room = columns - (covered.shift() ?? 0)
    }
    const width = Math.min(columns, cell.columns ?? 1)
    rows.at(-1)?.push(cell)
    room -= width
    for (let i = 0; i < Math.min((cell.rows ?? 1) - 1, MAX_REPEATED); i++)
      covered[i] = (covered[i] ?? 0) + width
  }
  return rows
}

/** A line of cells above a blank line is the header, if it is the first line of all. */
const isHeadedByBlank = (lines: readonly string[]): boolean =>
  (lines[0]?.trim() ?? '') !== '' && lines[1]?.trim() === '' && lines.length > 2

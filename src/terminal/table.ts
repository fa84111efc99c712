import stringWidth from 'string-width'
import { printableLine } from '../domain/printable.ts'
import { paint } from './style.ts'

export interface Column {
  readonly title: string
  /** Right-aligned, for numbers. */
  readonly right?: true
}

/**
 * Rows in aligned columns under a dim header, for stdout. Widths are terminal columns: wide characters count as two,
 * combining ones as none. On a terminal, the last column is cut to its width.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number | undefined = process.stdout.columns,
): string {
  const cells = rows.map((row) => row.map(printableLine))
  const widths = columns.map(({ title }, index) =>
    Math.max(stringWidth(title), ...cells.map((row) => stringWidth(row[index] ?? ''))),
  )
  const line = (row: readonly string[]) => {
    const padded = columns.map(({ right }, index) => {
      const cell = row[index] ?? ''
      const space = ' '.repeat(Math.max(0, (widths[index] ?? 0) - stringWidth(cell)))
      return right ? space + cell : cell + space
    })
    const text = padded.join('  ').trimEnd()
    return width === undefined ? text : cut(text, width)
  }
  const header = paint(process.stdout, 'dim', line(columns.map(({ title }) => title)))
  return [header, ...cells.map(line)].join('\n')
}

/** `Label  value` lines with padded labels. */
export function fields(entries: readonly (readonly [label: string, value: string])[]): string {
  const widest = Math.max(...entries.map(([label]) => stringWidth(label)))
  return entries
    .map(([label, value]) => {
      const padding = ' '.repeat(widest - stringWidth(label))
      return `${paint(process.stdout, 'dim', label)}${padding}  ${printableLine(value)}`
    })
    .join('\n')
}

export const graphemes = new Intl.Segmenter()

/** The text in at most `width` columns, with an ellipsis if it is cut. */
export function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text
  let kept = ''
  let used = 0
  for (const { segment } of graphemes.segment(text)) {
    used += stringWidth(segment)
    if (used > width - 1) break
    kept += segment
  }
  return `${kept.trimEnd()}…`
}

/** The text, or an ellipsis and its end, in at most `width` columns. */
export function cutStart(text: string, width: number): string {
  if (stringWidth(text) <= width) return text
  const characters = [...graphemes.segment(text)].reverse()
  let kept = ''
  let used = 0
  for (const { segment } of characters) {
    used += stringWidth(segment)
    if (used > width - 1) break
    kept = segment + kept
  }
  return `…${kept.trimStart()}`
}

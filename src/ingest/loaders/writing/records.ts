import { ofAll } from '../../../text/all-languages.ts'
import { oneLine } from '../../../text/lines.ts'
import type { TextBuilder } from './text-builder.ts'

/** If the header or most rows are longer than this, each value is listed with its name instead of a table. */
const MAX_HEADER_CHARACTERS = 160
const MAX_ROW_CHARACTERS = 320
/** Number of rows sampled to estimate the row length. */
const SAMPLE_ROWS = 200
/** A longer value is written as paragraphs of its own. */
export const MAX_INLINE_CHARACTERS = 240
/** Field names whose value titles a record, best first. */
const LABELS = [...ofAll(({ documents }) => documents.labelFields), 'id', 'key']

/**
 * Adds records: if the rows are short, as one table of `cell | cell` rows; else each record as a section of
 * `- name: value` lines, with long values as paragraphs. Returns which it was.
 */
export function addTableOrRecords(
  builder: TextBuilder,
  header: readonly string[],
  rows: readonly (readonly string[])[],
  headings: readonly string[],
): 'table' | 'records' {
  const head = tableRow(header)
  const lengths = rows.slice(0, SAMPLE_ROWS).map((row) => row.reduce((sum, cell) => sum + cell.length + 3, 0))
  const usual = lengths.sort((a, b) => a - b)[Math.floor(lengths.length * 0.9)] ?? 0
  if (rows.length === 0 || (head.length <= MAX_HEADER_CHARACTERS && usual <= MAX_ROW_CHARACTERS)) {
    builder.add('table', [head, ...rows.map(tableRow)].join('\n'), headings)
    return 'table'
  }
  // Names are repeated in every row, so they are cut once here.
  const names = header.map((name) => oneLine(name.slice(0, MAX_INLINE_CHARACTERS)))
  const labels = LABELS.map((label) => header.findIndex((name) => name.toLowerCase() === label))
  for (const [i, row] of rows.entries()) {
    const label = labels.map((at) => oneLine(row[at] ?? '')).find((text) => text !== '')
    addRecord(
      builder,
      row.map((value, at) => [names[at] || `#${at + 1}`, value]),
      [...headings, label === undefined || label.length > MAX_INLINE_CHARACTERS ? `#${i + 1}` : label],
    )
  }
  return 'records'
}

/** Adds one record: its short values as a list, then each long one. */
function addRecord(
  builder: TextBuilder,
  fields: readonly (readonly [name: string, value: string])[],
  headings: readonly string[],
): void {
  const filled = fields.filter(([, value]) => value.trim() !== '')
  const short = filled.filter(([, value]) => value.length <= MAX_INLINE_CHARACTERS)
  builder.add('list', short.map(([name, value]) => listLine(name, value)).join('\n'), headings)
  for (const [name, value] of filled)
    if (value.length > MAX_INLINE_CHARACTERS) addText(builder, value, [...headings, name])
}

/** Adds a long value paragraph by paragraph. */
export function addText(builder: TextBuilder, value: string, headings: readonly string[]): void {
  for (const paragraph of value.replace(/\r\n?/gu, '\n').split(/\n[^\S\n]*\n/u))
    builder.add('paragraph', paragraph.trim(), headings)
}

export const listLine = (name: string, value: string): string => `- ${oneLine(name)}: ${oneLine(value)}`

const tableRow = (cells: readonly string[]): string => cells.map(oneLine).join(' | ').trimEnd()

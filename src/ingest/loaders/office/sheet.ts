import { ChatbotError } from '../../../domain/errors.ts'
import type { DocumentWriter } from '../writing/document-writer.ts'
import { type CellRow, tableText } from './cells.ts'

/**
 * The cells of a sheet to tables: rows without a gap are one table, and a row of text after a gap begins another;
 * a single cell above a table is its caption. Only cells that hold something cost anything.
 */
export function createSheet(writer: DocumentWriter, maxTextLength: number) {
  let table: CellRow[] = []
  let row = new Map<number, string>()
  let number = 0
  let length = 0
  let gap = false
  let lastEmpty = false

  const closeTable = () => {
    const rows = table
    table = []
    length = 0
    while (rows.length > 1 && isCaption(rows[0]) && filled(rows[1]) > 1) {
      writer.block('paragraph', [...(rows.shift()?.values() ?? [])].join(' '))
    }
    writer.block('table', tableText(rows))
  }
  const closeRow = () => {
    if (row.size === 0) return
    if (gap && table.length > 0 && (isHeader(row) || isCaption(row))) closeTable()
    table.push(row)
    gap = false
    row = new Map()
  }
  return {
    /** `at` is 1-based; without it the row follows the last one. */
    openRow(at = number + 1) {
      closeRow()
      if (at > number + 1 || (at === number + 1 && lastEmpty)) gap = true
      number = at
      lastEmpty = true
    },
    /** `column` is 1-based. */
    cell(column: number, text: string) {
      if (text.trim() === '' || column > MAX_COLUMNS) return
      row.set(column, text)
      lastEmpty = false
      length += text.length
      if (writer.length() + length > maxTextLength)
        throw new ChatbotError(
          'document_too_large',
          `The sheets hold more than ${maxTextLength} characters (ingest.maxTextLength). Split the file, or raise the limit.`,
        )
    },
    finish() {
      closeRow()
      closeTable()
    },
  }
}

/** What Excel allows. */
const MAX_COLUMNS = 16_384

const filled = (row: CellRow | undefined): number => row?.size ?? 0
const isCaption = (row: CellRow | undefined): boolean => filled(row) === 1
const isHeader = (row: CellRow): boolean =>
  filled(row) > 1 && [...row.values()].every((cell) => !/^[\d\s.,%$€₽-]+$/u.test(cell))

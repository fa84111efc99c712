import { ChatbotError } from '../../../domain/errors.ts'
import type { DocumentWriter } from '../writing/document-writer.ts'
import { mergedHeaderRows } from '../writing/grid.ts'
import { type CellRow, tableText } from './cells.ts'

/** A merged area; 1-based and inclusive. */
export interface Area {
  readonly row: number
  readonly column: number
  readonly lastRow: number
  readonly lastColumn: number
}

interface SheetRow {
  readonly number: number
  readonly cells: Map<number, string>
  /** Whether empty rows precede it. */
  readonly isAfterGap: boolean
  /** Whether one of its cells is merged with others. */
  isMerged: boolean
}

/** Work spent on merged areas (cells filled and rows visited) per filled cell. */
const MAX_COVERED = 8

/**
 * Turns the cells of a sheet into tables. Consecutive rows are one table; a row of text after a gap begins another, and
 * a single cell above a table is its caption. Time and memory are linear in the filled cells.
 */
export function createSheet(writer: DocumentWriter, maxTextLength: number) {
  const rows: SheetRow[] = []
  const areas: Area[] = []
  let row = new Map<number, string>()
  let number = 0
  let filledCells = 0
  let length = 0
  let gap = false
  let lastEmpty = false

  const checkLength = () => {
    if (writer.length() + length > maxTextLength)
      throw new ChatbotError(
        'document_too_large',
        `The sheets hold more than ${maxTextLength} characters (ingest.maxTextLength). Split the file, or raise the limit.`,
      )
  }
  const closeRow = () => {
    if (row.size === 0) return
    rows.push({ number, cells: row, isAfterGap: gap, isMerged: false })
    gap = false
    row = new Map()
  }
  /** Repeats the value of merged cells in each of them, except a title across the whole table. */
  const fillMerged = () => {
    const at = new Map(rows.map((each) => [each.number, each]))
    let room = MAX_COVERED * filledCells
    for (const area of areas) {
      const text = at.get(area.row)?.cells.get(area.column)
      if (text === undefined) continue
      for (let i = area.row; i <= area.lastRow && room > 0; i++) {
        room--
        const covered = at.get(i)
        if (!covered || (covered.cells.size === 1 && i === area.row)) continue
        covered.isMerged = true
        for (let column = area.column; column <= area.lastColumn && room > 0; column++) {
          if (covered.cells.has(column)) continue
          room--
          covered.cells.set(column, text)
          length += text.length
          checkLength()
        }
      }
    }
  }
  const writeTable = (table: SheetRow[]) => {
    while (table.length > 1 && isCaption(table[0]?.cells) && filled(table[1]?.cells) > 1) {
      writer.block('paragraph', [...(table.shift()?.cells.values() ?? [])].join(' '))
    }
    const headerRows = mergedHeaderRows(
      table[0]?.isMerged ?? false,
      table.slice(0, 2).map(({ cells }) => [...cells.values()]),
    )
    writer.block('table', tableText(table.map(({ cells }) => cells)), undefined, { headerRows })
  }
  return {
    /** `at` is 1-based; by default the row after the last one. */
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
      filledCells++
      lastEmpty = false
      length += text.length
      checkLength()
    },
    merge(area: Area) {
      if (areas.length < MAX_AREAS) areas.push(area)
    },
    finish() {
      closeRow()
      fillMerged()
      let table: SheetRow[] = []
      for (const each of rows) {
        if (each.isAfterGap && table.length > 0 && (isHeader(each.cells) || isCaption(each.cells))) {
          writeTable(table)
          table = []
        }
        table.push(each)
      }
      writeTable(table)
    },
  }
}

/** Excel's limit. */
export const MAX_COLUMNS = 16_384
const MAX_AREAS = 100_000

const filled = (row: CellRow | undefined): number => row?.size ?? 0
const isCaption = (row: CellRow | undefined): boolean => filled(row) === 1
const isHeader = (row: CellRow): boolean =>
  filled(row) > 1 && [...row.values()].every((cell) => !/^[\d\s.,%$€₽-]+$/u.test(cell))

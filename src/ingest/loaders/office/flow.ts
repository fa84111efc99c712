import type { DocumentWriter } from '../writing/document-writer.ts'
import { mergedHeaderRows, spread } from '../writing/grid.ts'
import { rowOf, tableText } from './cells.ts'

/** A paragraph as its format describes it. `level` of a heading is 1 for the outermost, of a list item 0. */
export type Paragraph =
  | { readonly kind: 'paragraph' | 'code' | 'quote'; readonly text: string }
  | { readonly kind: 'heading'; readonly level: number; readonly text: string }
  | { readonly kind: 'list'; readonly level: number; readonly marker: string; readonly text: string }

interface Cell {
  paragraphs: Paragraph[]
  span: number
  /** Goes on from the cell above it. */
  continued: boolean
}

/** Tables inside tables are read as part of the cell they are in, but only so many deep. */
interface Table {
  rows: Cell[][]
  /** Rows that the author marked as repeated on each page. */
  headerRows: number
}

/**
 * Paragraphs and tables of a text document to blocks: items in a row are one list, lines of code one listing; a
 * table of one column only places text and is read as paragraphs.
 */
export function createFlow(writer: DocumentWriter, page?: () => number | undefined) {
  const tables: Table[] = []
  let gathered: { kind: 'list' | 'code'; lines: string[] } | undefined

  const closeGathered = () => {
    if (gathered) writer.block(gathered.kind, gathered.lines.join('\n'), page?.())
    gathered = undefined
  }
  const gather = (kind: 'list' | 'code', line: string) => {
    if (gathered?.kind !== kind) closeGathered()
    gathered ??= { kind, lines: [] }
    gathered.lines.push(line)
  }
  const write = (paragraph: Paragraph) => {
    const { kind } = paragraph
    if (kind === 'code') return gather(kind, paragraph.text)
    const text = tidy(paragraph.text)
    if (text === '') return
    if (kind === 'list')
      return gather(
        kind,
        `${'  '.repeat(Math.max(0, Math.min(paragraph.level, 8)))}${paragraph.marker} ${text.replaceAll('\n', ' ')}`,
      )
    closeGathered()
    if (kind === 'heading') writer.heading(paragraph.level, text, page?.())
    else writer.block(kind, text, page?.())
  }
  const cell = (): Cell | undefined => tables.at(-1)?.rows.at(-1)?.at(-1)

  return {
    paragraph(paragraph: Paragraph) {
      const inside = cell()
      if (inside) inside.paragraphs.push(paragraph)
      else write(paragraph)
    },
    openTable() {
      tables.push({ rows: [], headerRows: 0 })
    },
    openRow() {
      tables.at(-1)?.rows.push([])
    },
    /** The row is one of the table's header. */
    headRow() {
      const table = tables.at(-1)
      if (table && table.headerRows === table.rows.length - 1) table.headerRows++
    },
    openCell() {
      tables.at(-1)?.rows.at(-1)?.push({ paragraphs: [], span: 1, continued: false })
    },
    spanCell(columns: number) {
      const inside = cell()
      if (inside && columns > 1) inside.span = columns
    },
    continueCell() {
      const inside = cell()
      if (inside) inside.continued = true
    },
    closeTable() {
      const table = tables.pop()
      if (!table) return
      const around = cell()
      if (table.rows.every((row) => row.length < 2)) {
        for (const { paragraphs } of table.rows.flat())
          for (const paragraph of paragraphs)
            if (around) around.paragraphs.push(paragraph)
            else write(paragraph)
        return
      }
      const rows = spread(
        table.rows.map((row) =>
          row.map(({ paragraphs, span, continued }) => ({
            text: paragraphs.map(({ text }) => tidy(text)).join(' '),
            columns: span,
            continued,
          })),
        ),
      )
      const text = tableText(rows.map(rowOf))
      if (around) around.paragraphs.push({ kind: 'paragraph', text })
      else if (text !== '') {
        closeGathered()
        const headerRows = table.headerRows || mergedHeaderRows(isMergedAtTop(table), rows)
        writer.block('table', text, page?.(), { headerRows })
      }
    },
    /** Ends what is gathered; called before the page changes and at the end. */
    finish: closeGathered,
  }
}

/** Whether a cell of the first row covers others. */
const isMergedAtTop = ({ rows: [first = [], second = []] }: Table): boolean =>
  (first.length > 1 && first.some(({ span }) => span > 1)) || second.some(({ continued }) => continued)

/** Tabs and runs of spaces as one space; line breaks stay. */
const tidy = (text: string): string =>
  text
    .replace(/[^\S\n]+/gu, ' ')
    .replace(/ ?\n ?/gu, '\n')
    .trim()

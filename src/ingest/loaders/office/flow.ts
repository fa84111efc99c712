import type { DocumentWriter } from '../writing/document-writer.ts'
import { mergedHeaderRows, spread } from '../writing/grid.ts'
import { rowOf, tableText } from './cells.ts'

/** A paragraph as its format describes it. The outermost heading has `level` 1, the outermost list item 0. */
export type Paragraph =
  | { readonly kind: 'paragraph' | 'code' | 'quote'; readonly text: string }
  | { readonly kind: 'heading'; readonly level: number; readonly text: string }
  | { readonly kind: 'list'; readonly level: number; readonly marker: string; readonly text: string }

interface Cell {
  paragraphs: Paragraph[]
  span: number
  /** Continues the cell above, merged vertically. */
  continued: boolean
}

/** A table inside another becomes part of its cell. */
interface Table {
  rows: Cell[][]
  /** Number of leading rows marked to repeat on every page. */
  headerRows: number
}

/**
 * Turns the paragraphs and tables of a text document into blocks. Consecutive items become one list, consecutive code
 * lines one code block. A table of one column is layout, and read as paragraphs.
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
    /** Marks the current row as a header row. */
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
    /** Writes the open list or code block; call it before the page changes and at the end. */
    finish: closeGathered,
  }
}

/** Whether a cell of the first row is merged with others. */
const isMergedAtTop = ({ rows: [first = [], second = []] }: Table): boolean =>
  (first.length > 1 && first.some(({ span }) => span > 1)) || second.some(({ continued }) => continued)

/** Collapses white space, but keeps line breaks. */
const tidy = (text: string): string =>
  text
    .replace(/[^\S\n]+/gu, ' ')
    .replace(/ ?\n ?/gu, '\n')
    .trim()

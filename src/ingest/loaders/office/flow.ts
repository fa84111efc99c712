import type { DocumentWriter } from '../writing/document-writer.ts'
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
      tables.push({ rows: [] })
    },
    openRow() {
      tables.at(-1)?.rows.push([])
    },
    openCell() {
      tables.at(-1)?.rows.at(-1)?.push({ paragraphs: [], span: 1, continued: false })
    },
    spanCell(columns: number) {
      const inside = cell()
      if (inside && columns > 1) inside.span = Math.min(columns, MAX_SPANNED)
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
      const text = tableText(rowsOf(table).map(rowOf))
      if (around) around.paragraphs.push({ kind: 'paragraph', text })
      else if (text !== '') {
        closeGathered()
        writer.block('table', text, page?.())
      }
    },
    /** Ends what is gathered; called before the page changes and at the end. */
    finish: closeGathered,
  }
}

const MAX_SPANNED = 64
/** Of a cell over several rows, what the rows under its first one repeat; in UTF-16 code units. */
const MAX_REPEATED_CHARACTERS = 200

/** Texts by column; a cell over several rows is repeated, so that every row says what it belongs to. */
function rowsOf({ rows }: Table): string[][] {
  const texts: string[][] = []
  for (const row of rows) {
    const cells: string[] = []
    for (const { paragraphs, span, continued } of row) {
      const above = continued ? (texts.at(-1)?.[cells.length] ?? '') : ''
      const text = continued
        ? above.slice(0, MAX_REPEATED_CHARACTERS)
        : paragraphs.map(({ text }) => tidy(text)).join(' ')
      cells.push(text, ...Array.from({ length: span - 1 }, () => ''))
    }
    texts.push(cells)
  }
  return texts
}

/** Tabs and runs of spaces as one space; line breaks stay. */
const tidy = (text: string): string =>
  text
    .replace(/[^\S\n]+/gu, ' ')
    .replace(/ ?\n ?/gu, '\n')
    .trim()

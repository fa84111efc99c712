import type { DocumentWriter } from '../writing/document-writer.ts'
import { createSheet } from './sheet.ts'
import type { Attributes, XmlHandler } from './xml.ts'

/** Maximum repetitions of a cell with content: one value may fill a whole row. */
const MAX_REPEATED = 100

/** Reads the tables of a spreadsheet, each sheet as a section. */
export function sheetsHandler(writer: DocumentWriter, maxTextLength: number): XmlHandler {
  let sheet: ReturnType<typeof createSheet> | undefined
  let row = 0
  let nextRow = 1
  let column = 1
  let cell: { readonly attributes: Attributes; text: string } | undefined
  let inText = 0
  let skipping = 0
  /** Styles of hidden sheets. */
  const hiddenStyles = new Set<string>()
  let style = ''
  const isHidden = (name: string, attributes: Attributes): boolean => {
    if (name === 'table' && cell === undefined) return hiddenStyles.has(attributes['table:style-name'] ?? '')
    if (name !== 'table-row' || !/^(?:collapse|filter)$/u.test(attributes['table:visibility'] ?? ''))
      return false
    nextRow += repeats(attributes, 'number-rows-repeated')
    return true
  }

  return {
    open(name, attributes) {
      if (skipping > 0 || name === 'annotation' || name === 'shapes' || isHidden(name, attributes)) skipping++
      else if (name === 'style') style = attributes['style:name'] ?? ''
      else if (name === 'table-properties' && attributes['table:display'] === 'false') hiddenStyles.add(style)
      else if (name === 'table' && cell === undefined) {
        writer.heading(1, attributes['table:name'] ?? '')
        sheet = createSheet(writer, maxTextLength)
        row = 0
        nextRow = 1
      } else if (name === 'table-row') {
        row = nextRow
        nextRow += repeats(attributes, 'number-rows-repeated')
        column = 1
        sheet?.openRow(row)
      } else if (name === 'table-cell' || name === 'covered-table-cell') cell = { attributes, text: '' }
      else if (name === 'p' && cell) {
        inText++
        if (cell.text !== '') cell.text += ' '
      } else if (name === 's' && inText > 0 && cell) cell.text += ' '
    },
    text(text) {
      if (inText > 0 && skipping === 0 && cell) cell.text += text
    },
    close(name) {
      if (skipping > 0) skipping--
      else if (name === 'p' && inText > 0) inText--
      else if ((name === 'table-cell' || name === 'covered-table-cell') && cell) {
        const times = repeats(cell.attributes, 'number-columns-repeated')
        const text = shown(cell)
        const columns = spanned(cell.attributes, 'columns')
        const rows = spanned(cell.attributes, 'rows')
        if (text !== '' && (columns > 1 || rows > 1))
          sheet?.merge({ row, column, lastRow: row + rows - 1, lastColumn: column + columns - 1 })
        if (text !== '') for (let i = 0; i < Math.min(times, MAX_REPEATED); i++) sheet?.cell(column + i, text)
        column += times
        cell = undefined
      } else if (name === 'table' && cell === undefined) {
        sheet?.finish()
        sheet = undefined
      }
    },
  }
}

const spanned = (attributes: Attributes, what: 'columns' | 'rows'): number =>
  Number(attributes[`number-${what}-spanned`] ?? 1) || 1

const repeats = (attributes: Attributes, name: string): number =>
  Math.max(1, Number(attributes[name] ?? 1) || 1)

/** The text as displayed, except that dates are ISO 8601. */
function shown({ attributes, text }: { readonly attributes: Attributes; readonly text: string }): string {
  const date = attributes['date-value']
  if (date !== undefined) return date.replace(/T00:00:00(?:\.0+)?$/u, '').replace('T', ' ')
  if (text.trim() !== '') return text
  return attributes['office:value'] ?? attributes['string-value'] ?? ''
}

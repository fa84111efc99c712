/** Reads Excel workbooks: each sheet is a section with tables; dates and numbers are formatted for people. */
import { dateFromSerial, format as formatNumber, getFormatFromId, isDateFormat } from 'numfmt'
import type { LoadedDocument } from '../../../domain/document.ts'
import { fileTitle, type LoadOptions } from '../loader.ts'
import { createDocumentWriter } from '../writing/document-writer.ts'
import { type Archive, openArchive } from './archive.ts'
import { readProperties } from './properties.ts'
import { mainPart, related, relationshipsOf } from './relationships.ts'
import { type Area, createSheet, MAX_COLUMNS } from './sheet.ts'
import { readXml, type XmlHandler } from './xml.ts'

const FORMAT = 'Excel'

export async function readXlsx(bytes: Buffer, options: LoadOptions): Promise<LoadedDocument> {
  const archive = await openArchive(bytes, FORMAT)
  const main = await mainPart(archive, FORMAT)
  const parts = await relationshipsOf(archive, main, FORMAT)
  const sheets: { name: string; part: string }[] = []
  const hidden: string[] = []
  let since1904 = false
  await readXml(archive, main, FORMAT, {
    open(name, attributes) {
      if (name === 'workbookPr') since1904 = /^(?:1|true)$/u.test(attributes.date1904 ?? '')
      const target = parts.get(attributes['r:id'] ?? '')?.target
      if (name !== 'sheet' || target === undefined) return
      if (/^(?:hidden|veryHidden)$/u.test(attributes.state ?? '')) hidden.push(attributes.name ?? '')
      else sheets.push({ name: attributes.name ?? '', part: target })
    },
  })
  const strings = await sharedStrings(archive, related(parts, 'sharedStrings', archive))
  const formats = await cellFormats(archive, related(parts, 'styles', archive))
  const writer = createDocumentWriter(options.maxTextLength)
  const warnings = hidden.map((name) => `The sheet ${name} is hidden and was left out.`)
  for (const { name, part } of sheets) {
    if (!archive.has(part)) continue
    writer.heading(1, name)
    const sheet = createSheet(writer, options.maxTextLength)
    const cells = sheetHandler(sheet, { strings, formats, since1904 })
    await readXml(archive, part, FORMAT, cells)
    sheet.finish()
    if (cells.leftOut() > 0)
      warnings.push(`${name}: ${cells.leftOut()} cells in hidden rows and columns were left out.`)
    if (cells.notComputed() > 0)
      warnings.push(
        `${name}: no program has computed the formulas of ${cells.notComputed()} cells. Open the file in one and save it.`,
      )
  }
  const { title, ...properties } = await readProperties(archive, 'docProps/core.xml', FORMAT)
  return {
    title: title ?? fileTitle(options.uri),
    mediaType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    ...writer.finish(),
    linesMatchFile: false,
    ...properties,
    warnings,
  }
}

interface Workbook {
  readonly strings: readonly string[]
  /** Number format of each cell style. */
  readonly formats: readonly string[]
  readonly since1904: boolean
}

/** UTF-16 code units. */
const MAX_FORMULA_CHARACTERS = 200

function sheetHandler(
  sheet: ReturnType<typeof createSheet>,
  workbook: Workbook,
): XmlHandler & { leftOut: () => number; notComputed: () => number } {
  let cell: { column: number; type: string; style: number } | undefined
  let value = ''
  let formula = ''
  let inFormula = false
  let notComputed = 0
  let reading = false
  let column = 0
  let phonetic = 0
  /** 1 for hidden columns. */
  const hiddenColumns = new Uint8Array(MAX_COLUMNS + 1)
  let isRowHidden = false
  let leftOut = 0
  return {
    leftOut: () => leftOut,
    notComputed: () => notComputed,
    open(name, { r, t, s, hidden, min, max, ref }) {
      const isHidden = /^(?:1|true)$/u.test(hidden ?? '')
      if (name === 'col' && isHidden) hiddenColumns.fill(1, Number(min), Number(max) + 1)
      else if (name === 'row') {
        sheet.openRow(Number(r) || undefined)
        column = 0
        isRowHidden = isHidden
      } else if (name === 'c') {
        column = columnOf(r) ?? column + 1
        cell = { column, type: t ?? 'n', style: Number(s ?? 0) }
        value = ''
        formula = ''
      } else if (name === 'f') inFormula = true
      else if (name === 'v' || name === 't') reading = phonetic === 0
      else if (name === 'rPh') phonetic++
      else if (name === 'mergeCell') {
        const area = areaOf(ref)
        if (area) sheet.merge(area)
      }
    },
    text(text) {
      if (reading && cell) value += text
      else if (inFormula && formula.length < MAX_FORMULA_CHARACTERS) formula += text
    },
    close(name) {
      if (name === 'v' || name === 't') reading = false
      else if (name === 'f') inFormula = false
      else if (name === 'rPh') phonetic--
      else if (name === 'c' && cell) {
        const { column: at } = cell
        // A computed formula whose text is empty says that it is text.
        const isComputed = value !== '' || formula === '' || cell.type === 'str'
        const text = isComputed
          ? shown(value, cell.type, cell.style, workbook)
          : `=${formula.slice(0, MAX_FORMULA_CHARACTERS)} (not computed)`
        if (!isComputed) notComputed++
        if (!isRowHidden && hiddenColumns[at] !== 1) sheet.cell(at, text)
        else if (text !== '') leftOut++
        cell = undefined
      }
    },
  }
}

/** The 1-based column of a cell address such as `AB12`. */
function columnOf(address: string | undefined): number | undefined {
  const letters = /^[A-Z]{1,3}(?=\d)/u.exec(address ?? '')?.[0]
  if (letters === undefined) return undefined
  return [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0)
}

/** The area for a range such as `A2:C4`. */
function areaOf(ref = ''): Area | undefined {
  const [first, last] = ref.split(':')
  const [column, lastColumn] = [columnOf(first), columnOf(last)]
  const [row, lastRow] = [rowNumber(first), rowNumber(last)]
  return column && lastColumn && row && lastRow ? { row, column, lastRow, lastColumn } : undefined
}

const rowNumber = (address = ''): number => Number(/\d{1,7}$/u.exec(address)?.[0] ?? 0)

function shown(
  value: string,
  type: string,
  style: number,
  { strings, formats, since1904 }: Workbook,
): string {
  if (type === 's') return strings[Number(value)] ?? ''
  if (type === 'b') return value === '1' ? 'TRUE' : 'FALSE'
  if (type === 'd') return value.replace(/T00:00:00(?:\.0+)?Z?$/u, '').replace('T', ' ')
  const number = Number(value)
  if (type !== 'n' || value.trim() === '' || !Number.isFinite(number)) return value
  const format = formats[style] ?? 'General'
  if (format === 'General') return String(Number(number.toPrecision(15)))
  try {
    return isDateFormat(format) ? dateText(number, format, since1904) : formatNumber(format, number).trim()
  } catch {
    return String(number)
  }
}

/** ISO 8601, which is unambiguous; only the time if the cell shows no date. */
function dateText(serial: number, format: string, since1904: boolean): string {
  // The 1904 epoch is 1462 days after Excel's default one.
  const [year = 0, month = 0, day = 0, ...time] = dateFromSerial(serial + (since1904 ? 1462 : 0)) ?? []
  const digits = (part: number, length = 2): string => String(part).padStart(length, '0')
  const date = [digits(year, 4), digits(month), digits(day)].join('-')
  const clock = time
    .slice(0, 3)
    .map((part) => digits(Math.floor(part)))
    .join(':')
  const plain = format.replace(/"[^"]*"|\[[^[\]]*\]|\\./gu, '')
  if (/\[(?:h+|m+|s+)\]/iu.test(format)) return formatNumber(format, serial)
  if (!/[yd]/iu.test(plain) && !/m{3}/iu.test(plain) && /[hs]/iu.test(plain)) return clock
  return /[hs]/iu.test(plain) && Number.isInteger(serial) === false ? `${date} ${clock}` : date
}

async function sharedStrings(archive: Archive, part: string | undefined): Promise<string[]> {
  const strings: string[] = []
  if (part === undefined) return strings
  let text = ''
  let reading = false
  let phonetic = 0
  await readXml(archive, part, FORMAT, {
    open(name) {
      if (name === 'si') text = ''
      else if (name === 'rPh') phonetic++
      else if (name === 't') reading = phonetic === 0
    },
    text(piece) {
      if (reading) text += piece
    },
    close(name) {
      if (name === 'si') strings.push(text.trim() === '' ? '' : text)
      else if (name === 'rPh') phonetic--
      else if (name === 't') reading = false
    },
  })
  return strings
}

/** Excel's limit, in UTF-16 code units; bounded because the format is applied to every cell. */
const MAX_FORMAT_CHARACTERS = 255

async function cellFormats(archive: Archive, part: string | undefined): Promise<string[]> {
  const formats: string[] = []
  if (part === undefined) return formats
  const custom = new Map<number, string>()
  let inCells = false
  await readXml(archive, part, FORMAT, {
    open(name, { numFmtId, formatCode }) {
      const id = Number(numFmtId ?? 0)
      if (name === 'numFmt' && formatCode !== undefined && formatCode.length <= MAX_FORMAT_CHARACTERS)
        custom.set(id, formatCode)
      else if (name === 'cellXfs') inCells = true
      else if (name === 'xf' && inCells) formats.push(custom.get(id) ?? getFormatFromId(id) ?? 'General')
    },
    close(name) {
      if (name === 'cellXfs') inCells = false
    },
  })
  return formats
}

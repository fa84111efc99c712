/** Renders blocks as self-contained Markdown: with their leads, tables with their header, code in fences. */
import type { Span } from '../../domain/document.ts'
import { beginningEnd } from '../../text/beginning.ts'
import { cellsOf } from '../../text/cells.ts'
import { roots } from '../../text/content-words.ts'
import type { Unit } from './units.ts'

export interface Quoted {
  readonly parts: readonly { readonly text: string; readonly spans: readonly Span[] }[]
  readonly markOnOwnLine: boolean
}

const spanOf = ({ block }: Unit, { start, end }: Span): Span => ({
  start: block.start + start,
  end: block.start + end,
})

/** Joins hard-wrapped lines, whose indentation Markdown would read as code. */
const flowing = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ')

/** The leads of a block, one per line. */
const leadsOf = ({ block, excerpt }: Unit) =>
  block.leads.map((span) => ({ text: itemLine(excerpt.text(span)), spans: [span] }))

const MARKER = /^(?:[-+•‣◦▪–—o]|\*\)?)[ \t]+/u
const HAS_CODE = /(?:^|\n)[ \t]*(?:```|~~~)/u

/** An item or sentence on one line, with a Markdown marker. */
function itemLine(text: string): string {
  const line = HAS_CODE.test(text) ? text.trim() : flowing(text)
  return MARKER.test(line) ? line.replace(MARKER, '- ') : line
}

/** Limit of a heading, or of the line that names an item, in UTF-16 code units. */
const MAX_NAME_CHARACTERS = 120

/** Without marks of code and emphasis, which a title may have lost. */
const plain = (text: string): string => flowing(text).replace(/[`*]/gu, '')

/** Whether it is typed as it is written: `--bwlimit=RATE`, `reload_keep_cache`, `transfer [zone]`. */
const isName = (heading: string): boolean => {
  const [first = '', ...rest] = heading.split(/\s+/u)
  return rest.length < 2 && /^-|[_=()[\]<>]/u.test(first)
}

/** The heading above a block, if it says more than the block and its leads. */
export function headingOf(unit: Unit): Quoted['parts'] {
  const { excerpt, block, text, leads } = unit
  const title = block.headings.at(-1)
  if (title === undefined || title.length > MAX_NAME_CHARACTERS) return []
  const heading = excerpt.blocks.findLast(({ kind, end }) => kind === 'heading' && end <= block.start)
  if (heading === undefined) return []
  const words = excerpt.text(heading).replace(/^[#=\s]+/u, '')
  const said = [...leads, text].join(' ')
  const told = roots(said)
  const isTold = isName(words) ? said.includes(words) : [...roots(words)].every((root) => told.has(root))
  if (isTold || plain(words) !== plain(title)) return []
  return [{ text: `**${flowing(words)}**`, spans: [{ start: heading.start, end: heading.end }] }]
}

/** Renders the part `span` of a paragraph, item or quotation. An item keeps the line that names it. */
export function renderProse(unit: Unit, span: Span): Quoted {
  const { block, text } = unit
  const named = text.indexOf('\n')
  const isItem = block.group !== undefined
  const name = {
    start: 0,
    end:
      named < 0 || named > MAX_NAME_CHARACTERS
        ? Math.min(beginningEnd(text, MAX_NAME_CHARACTERS), unit.sentences[0]?.end ?? 0)
        : named,
  }
  const cut =
    isItem && span.start >= name.end
      ? [{ text: itemLine(text.slice(0, name.end)), spans: [spanOf(unit, name)] }]
      : []
  const said = unquoted(block.kind, text.slice(span.start, span.end))
  return {
    parts: [...leadsOf(unit), ...cut, { text: itemLine(said), spans: [spanOf(unit, span)] }],
    markOnOwnLine: false,
  }
}

/** Drops the marks at the beginning of quoted lines. */
const unquoted = (kind: string, text: string): string =>
  kind === 'quote' ? text.replace(/(^|\n)[ \t]*(?:>[ \t]?)+/gu, '$1') : text

/** Renders items with the leads of their list. `room` limits each item, in UTF-16 code units. */
export function renderItems(units: readonly Unit[], room?: number): Quoted {
  const [first] = units
  if (first === undefined) return { parts: [], markOnOwnLine: false }
  const outer = Math.min(...units.map(({ block }) => block.leads.length))
  const leads = leadsOf(first).slice(0, outer)
  const items = units.map((unit) => {
    const end = room === undefined ? unit.text.length : beginning(unit.text, room)
    const indent = '  '.repeat(Math.max(0, unit.block.leads.length - outer))
    const span = { start: 0, end }
    return { text: indent + itemLine(unit.text.slice(0, end)), spans: [spanOf(unit, span)] }
  })
  return { parts: [...leads, ...items], markOnOwnLine: false }
}

/** With less room than this, in UTF-16 code units, an item is cut after its first line. */
const ROOMY_ITEM_CHARACTERS = 60

/** Where to cut an item: after its first line if room is scarce, else after the last word that fits. */
function beginning(text: string, room: number): number {
  const newline = text.indexOf('\n')
  const line = newline < 0 ? text.length : newline
  if (text.length <= room) return text.length
  if (line <= room && room < ROOMY_ITEM_CHARACTERS) return line
  const space = text.lastIndexOf(' ', room)
  return space > room / 2 ? space : beginningEnd(text, room)
}

/** Renders rows of one table under their header. */
export function renderTable(units: readonly Unit[]): Quoted {
  const [first] = units
  if (first === undefined) return { parts: [], markOnOwnLine: true }
  const { block, excerpt } = first
  const headers = block.leads.filter((span) => block.group !== undefined && span.start >= block.group.start)
  const leads = block.leads.filter((span) => !headers.includes(span))
  const row = (span: Span) => cellsOf(excerpt.text(span))
  const [header, ...furtherHeaders] = headers
  const titles = header === undefined ? row(block).map(() => '') : row(header)
  const lines = [
    { text: tableLine(titles), spans: header === undefined ? [] : [header] },
    { text: tableLine(titles.map(() => '---')), spans: [] },
    ...furtherHeaders.map((span) => ({ text: tableLine(row(span)), spans: [span] })),
    ...units.map((unit) => ({
      text: tableLine(row(unit.block)),
      spans: [{ start: unit.block.start, end: unit.block.end }],
    })),
  ]
  const before = leads.map((span) => ({ text: `${flowing(excerpt.text(span))}\n`, spans: [span] }))
  return { parts: [...before, ...lines], markOnOwnLine: true }
}

const tableLine = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

/** Renders the part of a listing at `span`, with the sentence that introduces it. */
export function renderCode(unit: Unit, span: Span): Quoted {
  const shown = unit.text.slice(span.start, span.end)
  const longest = Math.max(2, ...Array.from(shown.matchAll(/`+/gu), ([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  const [, marks, language = ''] = FENCE.exec(unit.text) ?? []
  const isWhole = span.end - span.start === unit.text.length
  const code = isWhole && marks !== undefined ? shown : `${fence}${language}\n${shown}\n${fence}`
  return { parts: [...leadsOf(unit), { text: code, spans: [spanOf(unit, span)] }], markOnOwnLine: true }
}

/** The line that opens a listing: its marks, and what it says of the language. */
const FENCE = /^[ \t]*(`{3,}|~{3,})([^\n`]*)/u

import { oneLine } from '../../../text/lines.ts'
import { fileTitle, type TextLoader } from '../loader.ts'
import { createDocumentWriter, type DocumentWriter } from '../writing/document-writer.ts'
import { documentDate, flatMetadata } from '../writing/metadata.ts'
import { listLine } from '../writing/records.ts'
import { plainText } from './inline.ts'
import { tableOf } from './table.ts'

/** AsciiDoc as its text: sections, paragraphs, lists, tables and listings, without marks, comments and includes. */
export const adoc = {
  reads: 'text',
  name: 'AsciiDoc',
  extensions: ['adoc', 'asciidoc'],
  load(source, uri) {
    const all = source.split('\n')
    const { title, fields, attributes, end } = headerOf(all)
    const writer = createDocumentWriter(Number.POSITIVE_INFINITY)
    writer.heading(1, title)
    const shown = Object.entries(fields).filter(([, value]) => value !== '')
    writer.block('list', shown.map(([name, value]) => listLine(name, value)).join('\n'), undefined, {
      areFields: true,
    })
    readBody(all, end, attributes, writer)
    const metadata = flatMetadata(fields)
    return {
      title: title === '' ? fileTitle(uri) : title,
      mediaType: 'text/asciidoc',
      ...writer.finish(),
      linesMatchFile: false,
      metadata,
      modifiedAt: documentDate(metadata.date),
    }
  },
} satisfies TextLoader

interface Header {
  readonly title: string
  readonly fields: Record<string, string>
  readonly attributes: Map<string, string>
  /** Index of the first line of the body. */
  readonly end: number
}

const ATTRIBUTE = /^:!?([\w-]{1,60})!?:(?:\s+(.*))?$/u
/** UTF-16 code units: a longer line under the title is a paragraph. */
const MAX_HEADER_LINE = 300
const AUTHOR = /^[\p{L}\p{N}][^:=|*[\]]*$/u
const VERSION = /^v?(\d[^\s,:]*)/iu
const DATE = /\d{4}-\d\d-\d\d/u

/** The title, the authors' line and the revision's line under it, and attributes. */
function headerOf(all: readonly string[]): Header {
  const attributes = new Map<string, string>()
  const fields: Record<string, string> = {}
  let title = ''
  /** Lines since the title: the first may name the authors, the second the revision. */
  let under = 0
  let at = 0
  for (; at < all.length; at++) {
    const line = (all[at] ?? '').trimEnd()
    const attribute = ATTRIBUTE.exec(line)
    if (attribute) attributes.set((attribute[1] ?? '').toLowerCase(), attribute[2] ?? '')
    else if (/^\/\/(?!\/)/u.test(line)) continue
    else if (title === '' && /^=\s+\S/u.test(line)) title = line.slice(1).trim()
    else if (title === '' && line === '') continue
    else if (title === '' || line === '' || line.length > MAX_HEADER_LINE) break
    else if (under === 0 && AUTHOR.test(line)) {
      fields.Author = authorsOf(line)
      under = 1
    } else if (under === 1 && (VERSION.test(line) || DATE.test(line))) {
      const [, version = ''] = DATE.test(line.slice(0, 10)) ? [] : (VERSION.exec(line) ?? [])
      Object.assign(fields, { Version: version, Date: DATE.exec(line)?.[0] ?? '' })
      under = 2
    } else break
  }
  const named = { Author: 'author', Version: 'revnumber', Date: 'revdate', Description: 'description' }
  for (const [field, name] of Object.entries(named)) {
    const value = attributes.get(name)
    if (value) fields[field] ??= value
    else if (fields[field]) attributes.set(name, fields[field])
  }
  return { title: plainText(title, attributes), fields, attributes, end: at }
}

/** `Jan Loos <jan@example.org>; Ada B` as `Jan Loos <jan@example.org>, Ada B`; `_` joins the parts of a name. */
const authorsOf = (line: string): string =>
  line
    .split(';')
    .map((author) => {
      const [name = '', ...address] = author.split('<')
      return oneLine([name.replaceAll('_', ' '), ...address].join('<'))
    })
    .join(', ')

const SECTION = /^(={2,6}|#{2,6})\s+(\S.*)$/u
const FENCE = /^(?:-{4,}|\.{4,}|`{3,}|\+{4,}|={4,}|\*{4,}|_{4,}|\/{4,}|--|[|,:!]={3,})$/u
const ITEM = /^\s*(?:(\*{1,6}|-|\.{1,6}|\d{1,4}\.|[a-z]\.|<(?:\d{1,3}|\.)>)\s+)(\S.*)$/u
/** The marks behind a term, and what a line that holds nothing to read begins with. */
const TERM_MARK = /(?:::{1,3}|;;)(?=\s|$)/u
const SILENT = /^(?:include|toc|video|audio|ifdef|ifndef|ifeval|endif)::/u
const IMAGE = /^image::[^\s[\]]{0,500}\[([^\][]{0,1000})\]$/u
const ADMONITION = /^(NOTE|TIP|IMPORTANT|WARNING|CAUTION)(?::\s|$)/u

function readBody(
  all: readonly string[],
  from: number,
  attributes: Map<string, string>,
  writer: DocumentWriter,
): void {
  const plain = (source: string): string => plainText(source, attributes)
  /** For each fence, the lines that it stands in, so that one that is never closed is found at once. */
  const fences = closingFences(all)
  let paragraph: string[] = []
  let list: string[] = []
  const numbers: number[] = []
  let options = ''
  /** A label such as WARNING, which names the next paragraph or block. */
  let label = ''
  const closeParagraph = (): void => {
    if (paragraph.length === 0) return
    const text = oneLine(plain(paragraph.join('\n')))
    writer.block('paragraph', label === '' ? text : `${label}: ${text}`)
    paragraph = []
    label = ''
  }
  const closeList = (): void => {
    writer.block('list', list.join('\n'))
    list = []
    numbers.length = 0
  }
  const close = (): void => {
    closeParagraph()
    closeList()
  }
  const say = (text: string): void => {
    if (list.length > 0) list[list.length - 1] = `${list.at(-1)} ${text}`
    else paragraph.push(text)
  }
  for (let at = from; at < all.length; at++) {
    const line = (all[at] ?? '').trimEnd()
    const attribute = ATTRIBUTE.exec(line)
    const section = SECTION.exec(line)
    const item = paragraph.length > 0 ? null : ITEM.exec(line)
    const term = termOf(line)
    const end = FENCE.test(line) ? fences.get(at) : undefined
    if (line === '') {
      closeParagraph()
      // A list goes on behind a blank line with its next item.
      if (!ITEM.test(all[at + 1] ?? '') && !termOf(all[at + 1] ?? '')) closeList()
    } else if (/^\/\/(?!\/)/u.test(line) || SILENT.test(line) || line === "'''" || line === '<<<') continue
    else if (attribute && paragraph.length === 0)
      attributes.set((attribute[1] ?? '').toLowerCase(), attribute[2] ?? '')
    else if (section && paragraph.length === 0) {
      close()
      writer.heading(section[1]?.length ?? 2, plain(section[2] ?? ''))
    } else if (/^\[.{0,1000}\]$/u.test(line) && paragraph.length === 0) {
      options = line.slice(1, -1)
      const named = ADMONITION.exec(options)?.[1]
      if (named !== undefined) label = named
    } else if (/^\.[^\s.]/u.test(line) && paragraph.length === 0) {
      close()
      writer.block('paragraph', plain(line.slice(1)))
    } else if (end !== undefined) {
      const inside = all.slice(at + 1, end)
      const sign = line.slice(-1)
      if (/^[|,:!]=/u.test(line)) {
        close()
        const table = tableOf(inside, line, options, plain)
        writer.block('table', table.text, undefined, { headerRows: table.headerRows })
        at = end
      } else if (/^\/{4}|^\+{4}/u.test(line)) at = end
      else if (/[-.`]/u.test(sign) && line !== '--') {
        close()
        const language = /^source,\s*([\w+#-]{1,30})/u.exec(options)?.[1]
        writer.block('code', inside.map(withoutCallout).join('\n'), undefined, { language })
        at = end
      } else closeParagraph()
      options = ''
    } else if (FENCE.test(line)) closeParagraph()
    else if (line === '+') closeParagraph()
    else if (IMAGE.test(line)) {
      closeParagraph()
      paragraph.push(plain((IMAGE.exec(line)?.[1] ?? '').split(/,(?=\s?[\w-]{1,40}=|\s?\d)/u, 1)[0] ?? ''))
      closeParagraph()
    } else if (item) {
      list.push(itemLine(item[1] ?? '', plain(item[2] ?? ''), numbers))
    } else if (term && paragraph.length === 0) {
      list.push(`- ${plain(term.name)}:${term.text === '' ? '' : ` ${plain(term.text)}`}`)
    } else if (list.length > 0) say(plain(line.trim()))
    else paragraph.push(line.trim())
  }
  close()
}

/** `term:: description`; the description may follow in the next line. */
function termOf(line: string): { name: string; text: string } | undefined {
  const mark = TERM_MARK.exec(line)
  const name = line.slice(0, mark?.index ?? 0).trim()
  if (mark === null || name === '' || name.length > MAX_TERM_CHARACTERS) return undefined
  return { name, text: line.slice(mark.index + mark[0].length).trim() }
}

/** UTF-16 code units. */
const MAX_TERM_CHARACTERS = 300

/** Without the number in angle brackets that an explanation below refers to. */
const withoutCallout = (line: string): string => line.replace(/<\d{1,3}>$/u, '').trimEnd()

/** Each mark stands for a level; `numbers` are those of the last items, by level. */
function itemLine(mark: string, text: string, numbers: number[]): string {
  const level = /^[*.]+$/u.test(mark) ? mark.length : 1
  const isNumbered = /^(?:\.|\d|[a-z]\.|<)/u.test(mark)
  const number = isNumbered ? (numbers[level - 1] ?? 0) + 1 : 0
  numbers.length = Math.min(numbers.length, level)
  numbers[level - 1] = number
  const indent = '  '.repeat(level - 1)
  return `${indent}${isNumbered ? `${number}.` : '-'} ${text.replace(/^\[\*\]/u, '[x]')}`
}

/** For the line of each opening fence, that of the one that closes it. Linear: each fence is looked at once. */
function closingFences(all: readonly string[]): Map<number, number> {
  const closing = new Map<number, number>()
  /** The next line with the same fence, from the end. */
  const next = new Map<string, number>()
  for (let at = all.length - 1; at >= 0; at--) {
    const line = (all[at] ?? '').trimEnd()
    if (!FENCE.test(line)) continue
    const fence = line.startsWith('```') ? '```' : line
    const end = next.get(fence)
    if (end !== undefined) closing.set(at, end)
    next.set(fence, at)
  }
  return closing
}

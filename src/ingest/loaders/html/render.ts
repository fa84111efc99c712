import type { BlockHints, LoadedBlock, LoadedBlockKind } from '../../../domain/document.ts'
import { withoutInvisible } from '../decoding/invisible.ts'
import { type GridCell, spread } from '../writing/grid.ts'
import { meaningful } from '../writing/pictures.ts'
import { createSections } from '../writing/sections.ts'
import type { DomNode } from './dom.ts'

/**
 * Renders a part of a page as text with blocks: blank lines between paragraphs, list items as `- item`, table rows as
 * `cell | cell`, preformatted text unchanged. Not recursive, because hostile pages nest deeply.
 */
export function renderHtml(root: DomNode): { text: string; blocks: LoadedBlock[] } {
  const output = createOutput()
  let node: DomNode | null = root
  while (node) {
    const skipped: boolean = node.nodeType === ELEMENT && !enter(node, output)
    if (node.nodeType === TEXT) output.write(node.nodeValue ?? '')
    const child: DomNode | null = skipped || node.nodeType === TEXT ? null : node.firstChild
    if (child) {
      node = child
      continue
    }
    while (node && node !== root && !node.nextSibling) {
      leave(node, output)
      node = node.parentNode
    }
    if (node) leave(node, output)
    node = node === root ? null : (node?.nextSibling ?? null)
  }
  return output.finish()
}

const ELEMENT = 1
const TEXT = 3

/** Elements whose content continues the line; all others begin and end a paragraph. */
const INLINE = new Set(
  'a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark math nobr output q rb rp rt ruby s samp small span strike strong sub sup time tt u var wbr'.split(
    ' ',
  ),
)

const attributeOf = (node: DomNode, name: string): string =>
  'getAttribute' in node && typeof node.getAttribute === 'function'
    ? String(node.getAttribute(name) ?? '')
    : ''

const nameOf = (node: DomNode): string => node.nodeName.toLowerCase()

/** Whether a table lays out a page rather than holds data; its cells are then read one after another. */
const isLayout = (node: DomNode): boolean =>
  'querySelector' in node &&
  typeof node.querySelector === 'function' &&
  Boolean(node.querySelector('table, h1, h2, h3, h4, h5, h6, pre'))

const spanOf = (node: DomNode, name: string): number => Number.parseInt(attributeOf(node, name), 10) || 1

/** Exponents and footnote marks. */
const RAISED = /^\s*[+−–-]?\d{1,4}\s*$/u
const isLinked = (node: DomNode): boolean =>
  nameOf(node.parentNode ?? node) === 'a' ||
  ('querySelector' in node && typeof node.querySelector === 'function' && Boolean(node.querySelector('a')))

/** The text unchanged, with `<br>` as line breaks, and elements that begin and end a line on lines of their own. */
function preformattedText(root: DomNode): string {
  const parts: string[] = []
  const breakLine = (node: DomNode): void => {
    const isInLine = node === root || node.nodeType !== ELEMENT || INLINE.has(nameOf(node))
    if (!isInLine && parts.length > 0 && !parts.at(-1)?.endsWith('\n')) parts.push('\n')
  }
  for (let node: DomNode | null = root; node; ) {
    if (node.nodeType === TEXT) parts.push(node.nodeValue ?? '')
    else if (nameOf(node) === 'br') parts.push('\n')
    else if (isPicture(node)) parts.push(pictureText(node))
    else breakLine(node)
    const child: DomNode | null = node.firstChild
    if (child) {
      node = child
      continue
    }
    while (node && node !== root && !node.nextSibling) {
      if (nameOf(node) !== 'br') breakLine(node)
      node = node.parentNode
    }
    if (node && nameOf(node) !== 'br') breakLine(node)
    node = node === root ? null : (node?.nextSibling ?? null)
  }
  return parts.join('')
}

const isPicture = (node: DomNode): boolean =>
  /^(?:img|area|svg)$/u.test(nameOf(node)) || attributeOf(node, 'role') === 'img'

/** What a page says of a picture to those who do not see it. */
const pictureText = (node: DomNode): string =>
  meaningful(['alt', 'aria-label', 'title'].map((name) => attributeOf(node, name)).find(Boolean))

/** The language that highlighters name in a class of `<pre>`, of its first child, or of its two closest ancestors. */
function languageOf(pre: DomNode): string | undefined {
  for (const node of [pre, pre.firstChild, pre.parentNode, pre.parentNode?.parentNode])
    for (const name of node ? attributeOf(node, 'class').split(/\s/u) : []) {
      const language = LANGUAGE_CLASS.exec(name)?.[1]?.toLowerCase()
      if (language !== undefined && !NO_LANGUAGES.has(language)) return language
    }
  return undefined
}

const LANGUAGE_CLASS = /^(?:lang(?:uage)?|highlight(?:-source|-text)?)-([\w+#]{1,30})$/iu
const NO_LANGUAGES = new Set(['default', 'none', 'text', 'plain', 'plaintext'])

/** Returns false if the element's content must not be walked. */
function enter(node: DomNode, output: Output): boolean {
  const name = nameOf(node)
  if (name === 'a') output.link(attributeOf(node, 'href'))
  if (isPicture(node)) {
    output.picture(pictureText(node))
    return false
  }
  if (name === 'br') output.lineBreak()
  else if (name === 'hr') output.flush()
  else if (name === 'pre') {
    output.preformatted(preformattedText(node), languageOf(node))
    return false
  } else if (name === 'sup' && RAISED.test(node.textContent ?? '')) {
    output.raised(node.textContent ?? '', isLinked(node))
    return false
  } else if (/^h[1-6]$/.test(name)) output.flush()
  else if (name === 'ul' || name === 'ol' || name === 'dl') output.openList(name === 'ol')
  else if (name === 'li' || name === 'dt') output.openItem()
  else if (name === 'dd') output.flush()
  else if (name === 'table') output.openTable(isLayout(node))
  else if (name === 'tr') output.openRow(nameOf(node.parentNode ?? node) === 'thead')
  else if (name === 'td' || name === 'th')
    output.openCell({
      isHead: name === 'th',
      columns: spanOf(node, 'colspan'),
      rows: spanOf(node, 'rowspan'),
    })
  else if (name === 'blockquote') output.openQuote()
  else if (!INLINE.has(name)) output.flush()
  return true
}

function leave(node: DomNode, output: Output): void {
  if (node.nodeType !== ELEMENT) return
  const name = nameOf(node)
  const level = /^h([1-6])$/.exec(name)?.[1]
  if (level !== undefined) output.heading(Number(level))
  else if (name === 'ul' || name === 'ol' || name === 'dl') output.closeList()
  else if (name === 'table') output.closeTable()
  else if (name === 'tr') output.closeRow()
  else if (name === 'blockquote') output.closeQuote()
  else if (name !== 'pre' && name !== 'br' && name !== 'svg' && !INLINE.has(name)) output.flush()
}

/** A line up to this length (UTF-16 code units) with a single link is about the link, so its target is kept. */
const LINK_LINE = 80

const SUPERSCRIPTS: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from('0123456789+-−–', (character, at) => [character, Array.from('⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻')[at] ?? character]),
)

/** A picture with a longer text is not an icon. */
const MAX_ICON_WORDS = 3

/** Levels of lists shown by indentation. */
const MAX_INDENTED = 9

type Output = ReturnType<typeof createOutput>

function createOutput() {
  const sections = createSections()
  const blocks: LoadedBlock[] = []
  const parts: string[] = []
  let length = 0
  let inline = ''
  /** Lines of the list or table being read: it becomes one block. */
  let gathered: string[] | undefined
  let row: (GridCell & { text: string })[] | undefined
  /** Rows of the table being read; merged cells are expanded at its end. */
  let rows: GridCell[][] = []
  /** Its header lines: the caption, and leading rows in `<thead>` or with `<th>` only. */
  let headerRows = 0
  let isBody = false
  let isHeadRow = false
  let isAllHead = true
  const lists: { ordered: boolean; items: number }[] = []
  const tables: ('data' | 'layout')[] = []
  let quotes = 0
  let itemBegins = false
  /** Link targets of the current line. */
  let targets: string[] = []
  /** Texts of the pictures in the current paragraph, and the one written last: a caption often repeats it. */
  let pictures: string[] = []
  let lastPicture = ''

  const block = (kind: LoadedBlockKind, text: string, headings = sections.path(), hints: BlockHints = {}) => {
    if (text.trim() === '') return
    const separator = length === 0 ? '' : '\n\n'
    parts.push(separator, text)
    blocks.push({
      ...hints,
      kind,
      headings,
      start: length + separator.length,
      end: length + separator.length + text.length,
    })
    length += separator.length + text.length
  }
  const takeInline = (): string => {
    const text = withoutInvisible(inline)
      .text.replace(/[^\S\n\u00a0]+/gu, ' ')
      .replace(/ ?\n ?/gu, '\n')
      .trim()
    inline = ''
    const [target] = targets
    const only = targets.length === 1 && target !== undefined && text !== '' && text.length <= LINK_LINE
    targets = []
    return only && !text.includes(target) ? `${text} <${target}>` : text
  }
  const closeGathered = (kind: LoadedBlockKind, hints?: BlockHints) => {
    if (gathered) block(kind, gathered.join('\n'), undefined, hints)
    gathered = undefined
  }
  const closeRows = () => {
    gathered?.push(
      ...spread(rows)
        .filter((cells) => cells.some(Boolean))
        .map((cells) => cells.join(' | ')),
    )
    rows = []
  }
  const flush = () => {
    const text = takeInline()
    if (text !== lastPicture) place(text)
    writePictures()
  }
  const writePictures = () => {
    const texts = pictures
    pictures = []
    for (const text of texts) place(text)
    lastPicture = texts.at(-1) ?? ''
  }
  const place = (text: string) => {
    if (text === '') return
    const line = text.replaceAll('\n', ' ')
    if (row) {
      const cell = row.at(-1)
      if (cell) cell.text = cell.text === '' ? line : `${cell.text} ${line}`
      else row.push({ text: line })
    } else if (gathered && lists.length > 0) {
      const list = lists.at(-1)
      const indent = '  '.repeat(Math.min(lists.length, MAX_INDENTED) - 1)
      if (itemBegins && list) gathered.push(`${indent}${list.ordered ? `${++list.items}.` : '-'} ${line}`)
      else gathered.push(`${indent}  ${line}`)
      itemBegins = false
    } else if (gathered) {
      // A caption, which may also follow the rows.
      closeRows()
      if (!isBody) headerRows++
      gathered.push(line)
    } else block(quotes > 0 ? 'quote' : 'paragraph', text)
  }

  return {
    flush,
    write(text: string) {
      // Line breaks in the source are spaces; only <br> breaks a line.
      inline += text.replace(/[\t\n\f\r ]+/gu, ' ')
    },
    link(target: string) {
      if (/^(?:https?:|mailto:)\S{1,200}$/iu.test(target)) targets.push(target.replace(/^mailto:/iu, ''))
    },
    /** A short text among words stands for one, such as the name of a key; a longer one is a paragraph of its own. */
    picture(text: string) {
      if (text === '') return
      if (inline.trim() !== '' && text.split(' ').length <= MAX_ICON_WORDS) inline += ` ${text} `
      else pictures.push(text)
    },
    lineBreak() {
      inline += '\n'
    },
    /** Writes a superscript: a footnote mark is separated from a number before it, an exponent is not. */
    raised(text: string, isMark: boolean) {
      const figure = text.trim().replace(/./gu, (character) => SUPERSCRIPTS[character] ?? character)
      inline += isMark && /\d$/u.test(inline) ? ` ${figure}` : figure
    },
    preformatted(text: string, language: string | undefined) {
      flush()
      const code = text.replace(/^\n+/u, '').trimEnd().replace(/\r\n?/gu, '\n')
      if (row) inline += ` ${code.replace(/\s+/gu, ' ')} `
      else if (gathered)
        gathered.push(
          ...code.split('\n').map((line) => `${'  '.repeat(Math.min(lists.length, MAX_INDENTED))}${line}`),
        )
      else block('code', code, undefined, { language })
    },
    heading(level: number) {
      const text = takeInline().replaceAll('\n', ' ').replace(/[¶#]$/u, '').trimEnd()
      if (row || gathered) {
        inline = text
        flush()
      } else {
        if (text !== '') block('heading', text, sections.enter(level, text))
        writePictures()
      }
    },
    openList(ordered: boolean) {
      flush()
      if (!row) gathered ??= []
      lists.push({ ordered, items: 0 })
    },
    openItem() {
      flush()
      itemBegins = true
    },
    closeList() {
      flush()
      lists.pop()
      itemBegins = false
      if (lists.length === 0 && tables.at(-1) !== 'data') closeGathered('list')
    },
    openTable(layout: boolean) {
      flush()
      tables.push(layout ? 'layout' : 'data')
      if (layout) return
      gathered ??= []
      headerRows = 0
      isBody = false
    },
    openRow(inHead: boolean) {
      flush()
      if (tables.at(-1) !== 'data') return
      row = []
      isHeadRow = inHead
      isAllHead = true
    },
    openCell({ isHead, ...spans }: Omit<GridCell, 'text'> & { isHead: boolean }) {
      flush()
      if (tables.at(-1) !== 'data') return
      if (!isHead) isAllHead = false
      row?.push({ text: '', ...spans })
    },
    closeRow() {
      flush()
      if (row?.some(({ text }) => text !== '')) {
        if (!isHeadRow && !isAllHead) isBody = true
        if (!isBody) headerRows++
      }
      // An empty row still counts for cells that span rows.
      if (row) rows.push(row)
      row = undefined
    },
    closeTable() {
      flush()
      closeRows()
      tables.pop()
      if (lists.length === 0) closeGathered('table', { headerRows })
    },
    openQuote() {
      flush()
      quotes++
    },
    closeQuote() {
      flush()
      quotes = Math.max(0, quotes - 1)
    },
    finish() {
      flush()
      closeGathered('list')
      return { text: parts.join(''), blocks }
    },
  }
}

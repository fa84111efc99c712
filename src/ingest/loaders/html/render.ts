import type { LoadedBlock, LoadedBlockKind } from '../../../domain/document.ts'
import { createSections } from '../writing/sections.ts'
import type { DomNode } from './dom.ts'

/**
 * The text of a part of a page, and its blocks: paragraphs apart by blank lines, list items as `- item`, table
 * rows as `cell | cell`, preformatted text as it stands. Walks without recursion: hostile pages nest deeply.
 */
export function renderHtml(root: DomNode): { text: string; blocks: LoadedBlock[] } {
  const page = createPage()
  let node: DomNode | null = root
  while (node) {
    const skipped: boolean = node.nodeType === ELEMENT && !enter(node, page)
    if (node.nodeType === TEXT) page.write(node.nodeValue ?? '')
    const child: DomNode | null = skipped || node.nodeType === TEXT ? null : node.firstChild
    if (child) {
      node = child
      continue
    }
    while (node && node !== root && !node.nextSibling) {
      leave(node, page)
      node = node.parentNode
    }
    if (node) leave(node, page)
    node = node === root ? null : (node?.nextSibling ?? null)
  }
  return page.finish()
}

const ELEMENT = 1
const TEXT = 3

/** Elements whose content goes on the line it stands in; all others begin and end a paragraph. */
const INLINE = new Set(
  'a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark math nobr output q rb rp rt ruby s samp small span strike strong sub sup time tt u var wbr'.split(
    ' ',
  ),
)

const hrefOf = (node: DomNode): string =>
  'getAttribute' in node && typeof node.getAttribute === 'function'
    ? String(node.getAttribute('href') ?? '')
    : ''

const nameOf = (node: DomNode): string => node.nodeName.toLowerCase()

/** Tables that place parts of a page rather than hold data: their cells are read one after another. */
const isLayout = (node: DomNode): boolean =>
  'querySelector' in node &&
  typeof node.querySelector === 'function' &&
  Boolean(node.querySelector('table, h1, h2, h3, h4, h5, h6, pre'))

/** False when the element's content is not to be walked. */
function enter(node: DomNode, page: Page): boolean {
  const name = nameOf(node)
  if (name === 'a') page.link(hrefOf(node))
  if (name === 'br') page.lineBreak()
  else if (name === 'hr') page.flush()
  else if (name === 'pre') {
    page.preformatted(node.textContent ?? '')
    return false
  } else if (/^h[1-6]$/.test(name)) page.flush()
  else if (name === 'ul' || name === 'ol' || name === 'dl') page.openList(name === 'ol')
  else if (name === 'li' || name === 'dt') page.openItem()
  else if (name === 'dd') page.flush()
  else if (name === 'table') page.openTable(isLayout(node))
  else if (name === 'tr') page.openRow()
  else if (name === 'td' || name === 'th') page.openCell()
  else if (name === 'blockquote') page.openQuote()
  else if (!INLINE.has(name)) page.flush()
  return true
}

function leave(node: DomNode, page: Page): void {
  if (node.nodeType !== ELEMENT) return
  const name = nameOf(node)
  const level = /^h([1-6])$/.exec(name)?.[1]
  if (level !== undefined) page.heading(Number(level))
  else if (name === 'ul' || name === 'ol' || name === 'dl') page.closeList()
  else if (name === 'table') page.closeTable()
  else if (name === 'tr') page.closeRow()
  else if (name === 'blockquote') page.closeQuote()
  else if (name !== 'pre' && name !== 'br' && !INLINE.has(name)) page.flush()
}

/** A line up to this length with one link is there for the link: where it leads is kept. */
const LINK_LINE = 80

/** Levels of lists that are shown by indentation. */
const MAX_INDENTED = 9

type Page = ReturnType<typeof createPage>

function createPage() {
  const sections = createSections()
  const blocks: LoadedBlock[] = []
  const parts: string[] = []
  let length = 0
  let inline = ''
  /** Lines of the list or table being read: it becomes one block. */
  let gathered: string[] | undefined
  let row: string[] | undefined
  const lists: { ordered: boolean; items: number }[] = []
  const tables: ('data' | 'layout')[] = []
  let quotes = 0
  let itemBegins = false
  /** Where the links of the line that is being read lead. */
  let targets: string[] = []

  const block = (kind: LoadedBlockKind, text: string, headings = sections.path()) => {
    if (text.trim() === '') return
    const separator = length === 0 ? '' : '\n\n'
    parts.push(separator, text)
    blocks.push({
      kind,
      headings,
      start: length + separator.length,
      end: length + separator.length + text.length,
    })
    length += separator.length + text.length
  }
  const takeInline = (): string => {
    const text = inline
      .replace(/[\u00ad\u200b\u2060\ufeff]/gu, '')
      .replace(/[^\S\n\u00a0]+/gu, ' ')
      .replace(/ ?\n ?/gu, '\n')
      .trim()
    inline = ''
    const [target] = targets
    const only = targets.length === 1 && target !== undefined && text !== '' && text.length <= LINK_LINE
    targets = []
    return only && !text.includes(target) ? `${text} <${target}>` : text
  }
  const closeGathered = (kind: LoadedBlockKind) => {
    if (gathered) block(kind, gathered.join('\n'))
    gathered = undefined
  }
  const flush = () => {
    const text = takeInline()
    if (text === '') return
    const line = text.replaceAll('\n', ' ')
    if (row) {
      const before = row.pop() ?? ''
      row.push(before === '' ? line : `${before} ${line}`)
    } else if (gathered && lists.length > 0) {
      const list = lists.at(-1)
      const indent = '  '.repeat(Math.min(lists.length, MAX_INDENTED) - 1)
      if (itemBegins && list) gathered.push(`${indent}${list.ordered ? `${++list.items}.` : '-'} ${line}`)
      else gathered.push(`${indent}  ${line}`)
      itemBegins = false
    } else if (gathered) gathered.push(text)
    else block(quotes > 0 ? 'quote' : 'paragraph', text)
  }

  return {
    flush,
    write(text: string) {
      // Line ends of the source are spaces; only <br> breaks a line.
      inline += text.replace(/[\t\n\f\r ]+/gu, ' ')
    },
    link(target: string) {
      if (/^(?:https?:|mailto:)\S{1,200}$/iu.test(target)) targets.push(target.replace(/^mailto:/iu, ''))
    },
    lineBreak() {
      inline += '\n'
    },
    preformatted(text: string) {
      flush()
      const code = text.replace(/^\n+/u, '').trimEnd().replace(/\r\n?/gu, '\n')
      if (row) inline += ` ${code.replace(/\s+/gu, ' ')} `
      else if (gathered)
        gathered.push(
          ...code.split('\n').map((line) => `${'  '.repeat(Math.min(lists.length, MAX_INDENTED))}${line}`),
        )
      else block('code', code)
    },
    heading(level: number) {
      const text = takeInline().replaceAll('\n', ' ').replace(/[¶#]$/u, '').trimEnd()
      if (row || gathered) {
        inline = text
        flush()
      } else if (text !== '') block('heading', text, sections.enter(level, text))
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
      if (!layout) gathered ??= []
    },
    openRow() {
      flush()
      if (tables.at(-1) === 'data') row = []
    },
    openCell() {
      flush()
      if (tables.at(-1) === 'data') row?.push('')
    },
    closeRow() {
      flush()
      if (row?.some(Boolean)) gathered?.push(row.join(' | '))
      row = undefined
    },
    closeTable() {
      flush()
      tables.pop()
      if (lists.length === 0) closeGathered('table')
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

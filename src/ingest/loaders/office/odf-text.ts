import type { DocumentWriter } from '../writing/document-writer.ts'
import { createFlow, type Paragraph } from './flow.ts'
import type { Attributes, XmlHandler } from './xml.ts'

/** Comments, deleted text, note marks, and tables of contents and indexes, which only repeat the text. */
const SKIPPED = new Set(
  'annotation tracked-changes note-citation table-of-content illustration-index table-index alphabetical-index forms'.split(
    ' ',
  ),
)
/** Placeholders repeated on every slide. */
const FURNITURE = new Set(['date-time', 'footer', 'header', 'page-number'])

interface Open {
  text: string
  readonly level: number | undefined
  readonly style: string
}

/** Reads paragraphs, headings, lists, tables, frames and notes. `slides`: it is a presentation, whose pages are numbered. */
export function textHandler(writer: DocumentWriter, styles: Styles, slides: boolean): XmlHandler {
  let page = 0
  const flow = createFlow(writer, () => (slides ? page : undefined))
  const open: Open[] = []
  const notes: string[] = []
  const lists: { readonly ordered: boolean; items: number }[] = []
  let skipping = 0
  let inTitle = false
  let speaking = false
  let inNote = 0
  let itemBegins = false
  let inHeader = false
  /** Columns spanned by the last cell that have yet to appear as covered cells. */
  let covered = 0

  const describe = ({ text, level, style }: Open): Paragraph => {
    const role = styles.role(style)
    if (inTitle || role === 'title') return { kind: 'heading', level: 1, text }
    if (level !== undefined) return { kind: 'heading', level: Math.max(1, level), text }
    if (speaking) return { kind: 'paragraph', text: text.trim() === '' ? '' : `Notes: ${text}` }
    if (role !== 'body') return { kind: role, text }
    const list = lists.at(-1)
    if (!list) return { kind: 'paragraph', text }
    const marker = itemBegins ? (list.ordered ? `${++list.items}.` : '-') : ' '
    if (text.trim() !== '') itemBegins = false
    return { kind: 'list', level: lists.length - 1, marker, text }
  }
  const isHidden = (name: string, attributes: Attributes): boolean =>
    (name === 'section' && (attributes['text:display'] ?? 'true') !== 'true') ||
    (/^hidden-(?:text|paragraph)$/u.test(name) && attributes['is-hidden'] === 'true') ||
    (name === 'table-row' && /^(?:collapse|filter)$/u.test(attributes['table:visibility'] ?? '')) ||
    (/^(?:p|h|span|a)$/u.test(name) && styles.isHidden(attributes['style-name']))
  const write = (text: string) => {
    const paragraph = open.at(-1)
    if (paragraph && skipping === 0) paragraph.text += text
  }
  const closeParagraph = () => {
    const paragraph = open.pop()
    if (!paragraph) return
    if (inNote > 0) notes.push(paragraph.text)
    else flow.paragraph(describe(paragraph))
    if (open.length === 0) for (const text of notes.splice(0)) flow.paragraph({ kind: 'paragraph', text })
  }
  const openCell = (attributes: Attributes, isCovered: boolean) => {
    const repeated = Number(attributes['number-columns-repeated'] ?? 1) || 1
    if (isCovered && covered > 0) {
      covered -= repeated
      skipping++
      return
    }
    flow.openCell()
    if (isCovered) {
      flow.continueCell()
      flow.spanCell(repeated)
      return
    }
    const spanned = Number(attributes['number-columns-spanned'] ?? 1) || 1
    covered = spanned - 1
    flow.spanCell(Math.max(spanned, repeated))
  }
  return {
    open(name, attributes) {
      const role = attributes['presentation:class'] ?? ''
      if (skipping > 0 || SKIPPED.has(name) || FURNITURE.has(role) || isHidden(name, attributes)) skipping++
      else if (name === 'h' || name === 'p')
        open.push({
          text: '',
          level: name === 'h' ? Number(attributes['outline-level'] ?? 1) : undefined,
          style: attributes['style-name'] ?? '',
        })
      else if (name === 'tab') write('\t')
      else if (name === 's') write(' '.repeat(Math.max(1, Math.min(Number(attributes.c ?? 1) || 1, 100))))
      else if (name === 'line-break') write('\n')
      else if (name === 'list')
        lists.push({
          ordered: styles.isOrdered(attributes['style-name']) ?? lists.at(-1)?.ordered ?? false,
          items: 0,
        })
      else if (name === 'list-item') itemBegins = true
      else if (name === 'note') inNote++
      else if (name === 'table') flow.openTable()
      else if (name === 'table-header-rows') inHeader = true
      else if (name === 'table-row') {
        flow.openRow()
        if (inHeader) flow.headRow()
      } else if (name === 'table-cell') openCell(attributes, false)
      else if (name === 'covered-table-cell') openCell(attributes, true)
      else if (name === 'frame') inTitle = role === 'title'
      else if (name === 'notes') speaking = true
      else if (slides && name === 'page') {
        flow.finish()
        page++
        // A slide without a title must not stand under the title of the slide before.
        writer.leave(1)
      } else styles.open(name, attributes)
    },
    // White space collapses to one space; further spaces are `text:s` elements.
    text: (text) => write(text.replace(/\s+/gu, ' ')),
    close(name) {
      if (skipping > 0) skipping--
      else if (name === 'h' || name === 'p') closeParagraph()
      else if (name === 'list') lists.pop()
      else if (name === 'note') inNote--
      else if (name === 'table') flow.closeTable()
      else if (name === 'table-header-rows') inHeader = false
      else if (name === 'frame') inTitle = false
      else if (name === 'notes') speaking = false
      else if (name === 'body') flow.finish()
    },
  }
}

/** Length of a chain of styles based on each other; damaged files have cycles. */
const MAX_STYLE_DEPTH = 20

export type Styles = ReturnType<typeof createStyles>

/** Collects paragraph and list styles, from styles.xml and from the beginning of content.xml. */
export function createStyles() {
  const parents = new Map<string, string>()
  const ordered = new Map<string, boolean>()
  const hidden = new Map<string, boolean>()
  let list: string | undefined
  let open = ''
  return {
    open(name: string, attributes: Attributes) {
      const own = attributes['style:name']
      if (name === 'style' && own !== undefined) {
        parents.set(own, attributes['parent-style-name'] ?? '')
        open = own
      } else if (name === 'text-properties') {
        const display = attributes['text:display']
        if (display !== undefined) hidden.set(open, display === 'none')
      }
      if (name === 'list-style') list = own
      else if (list !== undefined && attributes.level === '1') {
        if (name === 'list-level-style-number') ordered.set(list, attributes['num-format'] !== '')
        if (name === 'list-level-style-bullet') ordered.set(list, false)
      }
    },
    isOrdered: (style: string | undefined): boolean | undefined =>
      style === undefined ? undefined : ordered.get(style),
    isHidden(style: string | undefined): boolean {
      let at = style
      for (let depth = 0; at && depth < MAX_STYLE_DEPTH; depth++) {
        const says = hidden.get(at)
        if (says !== undefined) return says
        at = parents.get(at)
      }
      return false
    },
    role(style: string): 'body' | 'title' | 'code' | 'quote' {
      let at: string | undefined = style
      for (let depth = 0; at && depth < MAX_STYLE_DEPTH; depth++) {
        const name = at.toLowerCase()
        if (name === 'title') return 'title'
        if (name.startsWith('preformatted') || name === 'source_20_code') return 'code'
        if (/quotations|quote/u.test(name)) return 'quote'
        at = parents.get(at)
      }
      return 'body'
    },
  }
}

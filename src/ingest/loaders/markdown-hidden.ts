/** Finds text that HTML inside Markdown hides. */
import { Parser } from 'htmlparser2'
import { parseHTML } from 'linkedom'
import type { Span } from '../../domain/document.ts'
import type { DomDocument, DomNode } from './html/dom.ts'
import { removeHidden } from './html/hidden.ts'
import { tamedHtml } from './html/source.ts'

/** Elements that swallow everything up to their closing tag; prose that merely mentions one has no closing tag. */
const WHOLE =
  /<(script|style|title|textarea|xmp|iframe|noembed|noframes|plaintext|noscript|template|dialog|audio|video|datalist)\b/giu

/** The spans of the source that are invisible when its HTML is rendered. Throws `document_too_large`. */
export function hiddenSpans(source: string): Span[] {
  const text = withoutCode(source)
  const lower = text.toLowerCase()
  const closed = text.replace(WHOLE, (tag, name: string, at: number) =>
    lower.lastIndexOf(`</${name.toLowerCase()}`) > at ? tag : ` ${tag.slice(1)}`,
  )
  // Each text is replaced by its number: those left after hidden elements are removed are visible.
  const texts: Span[] = []
  let page = ''
  let inStyle = false
  const parser: Parser = new Parser(
    {
      onopentag(name) {
        inStyle = name === 'style'
        page += closed.slice(parser.startIndex, parser.endIndex + 1)
      },
      onclosetag(_, isImplied) {
        inStyle = false
        if (!isImplied) page += closed.slice(parser.startIndex, parser.endIndex + 1)
      },
      ontext() {
        const span = { start: parser.startIndex, end: parser.endIndex + 1 }
        const part = closed.slice(span.start, span.end)
        if (inStyle) page += part
        else if (part.trim() !== '') page += `⟦${texts.push(span) - 1}⟧`
      },
    },
    { decodeEntities: false },
  )
  parser.end(closed)
  const { document }: { document: DomDocument } = parseHTML(
    `<html><body>${tamedHtml(page).page}</body></html>`,
  )
  removeHidden(document, { isPartial: true })
  const seen = new Set(Array.from(textOf(document).matchAll(/⟦(\d+)⟧/gu), ([, number]) => Number(number)))
  const spans: { start: number; end: number }[] = []
  for (const [i, span] of texts.entries()) {
    if (seen.has(i)) continue
    const last = spans.at(-1)
    // Tags between two hidden texts are hidden too.
    if (last && !seen.has(i - 1)) last.end = span.end
    else spans.push({ ...span })
  }
  return spans
}

function textOf(root: DomNode): string {
  let text = ''
  for (let node: DomNode | null = root.firstChild; node; ) {
    text += node.nodeValue ?? ''
    if (node.firstChild) {
      node = node.firstChild
      continue
    }
    while (node && node !== root && !node.nextSibling) node = node.parentNode
    node = node === root ? null : (node?.nextSibling ?? null)
  }
  return text
}

/** Blanks comments and code, where tags are not tags. Keeps the length. */
function withoutCode(source: string): string {
  const lines: string[] = []
  let fence = ''
  let blank = true
  let inList = false
  for (const line of source.split('\n')) {
    const mark = /^[ >]{0,12}(?:(?:[-*+]|\d{1,9}[.)])\s+)?(`{3,}|~{3,})/u.exec(line)?.[1] ?? ''
    const isFence = fence === '' ? mark !== '' : mark.startsWith(fence)
    const isIndented: boolean = fence === '' && blank && !inList && /^(?: {4}|\t)/u.test(line)
    if (isFence || fence !== '' || isIndented) lines.push(' '.repeat(line.length))
    else lines.push(line)
    if (isFence) fence = fence === '' ? mark : ''
    if (fence !== '' || isFence) continue
    if (/^\S/u.test(line)) inList = /^(?:[-*+]|\d{1,9}[.)])\s/u.test(line)
    blank = line.trim() === '' || isIndented
  }
  return withoutInlineCode(
    lines.join('\n').replace(/<!--[\s\S]*?(?:-->|$)/gu, (part) => part.replace(/[^\n]/gu, ' ')),
  )
}

/** Blanks the text between two backtick runs of equal length in one paragraph. */
function withoutInlineCode(text: string): string {
  return text
    .split(/(\n[ \t]*\n)/u)
    .map((paragraph) => {
      if (!paragraph.includes('`') || !paragraph.includes('<')) return paragraph
      const runs = [...paragraph.matchAll(/`+/gu)]
      /** Indexes of the runs by length, last first. */
      const places = new Map<number, number[]>()
      for (let i = runs.length - 1; i >= 0; i--) {
        const length = runs[i]?.[0].length ?? 0
        const known = places.get(length) ?? []
        known.push(i)
        places.set(length, known)
      }
      let masked = ''
      let at = 0
      for (const [i, run] of runs.entries()) {
        if (run.index < at) continue
        const same = places.get(run[0].length) ?? []
        while ((same.at(-1) ?? i + 1) <= i) same.pop()
        const close = runs[same.at(-1) ?? -1]
        if (!close) continue
        const end = close.index + close[0].length
        masked += paragraph.slice(at, run.index) + paragraph.slice(run.index, end).replace(/[^\n]/gu, ' ')
        at = end
      }
      return masked + paragraph.slice(at)
    })
    .join('')
}

import { parseHTML } from 'linkedom'
import type { LoadedDocument } from '../domain/document.ts'
import type { DomDocument } from './dom.ts'
import { renderHtml } from './html-text.ts'
import { fileTitle, type TextLoader } from './loader.ts'

/** Web pages: the text of the main part, without scripts, menus and footers. The extracted text is stored. */
export const html = {
  reads: 'text',
  name: 'HTML',
  extensions: ['html', 'htm', 'xhtml', 'xht'],
  recognises: (bytes) =>
    /^\s*(?:<!--[\s\S]{0,2000}?-->\s*)*<(?:!doctype\s+html|html[\s>])/iu.test(head(bytes)),
  declaredEncoding: (bytes) =>
    /<meta[^>]{1,300}charset\s*=\s*["']?\s*([\w-]{2,40})/iu.exec(head(bytes))?.[1] ??
    /^\s*<\?xml[^>]{1,200}encoding\s*=\s*["']([\w-]{2,40})/iu.exec(head(bytes))?.[1],
  load(source, uri) {
    const { document }: { document: DomDocument } = parseHTML(source.replace(DOCTYPE, ''))
    const title = oneLine(textOf(document, 'title') || textOf(document, 'h1'))
    for (const element of document.querySelectorAll(NEVER_READ)) element.remove()
    const { text, blocks } = mainText(document)
    return {
      title: title === '' ? fileTitle(uri) : title,
      mediaType: 'text/html',
      text,
      blocks,
      linesMatchFile: false,
    }
  },
} satisfies TextLoader

/** linkedom's walk from the first node of a document ends at its doctype. */
const DOCTYPE = /<!doctype[^>]{0,1000}>/giu

type Rendered = Pick<LoadedDocument, 'text' | 'blocks'>

const NEVER_READ =
  'script, style, noscript, template, svg, canvas, iframe, object, title, button, select, textarea, input, dialog, [hidden], [aria-hidden="true"], a.headerlink, a.anchor-link'
const FURNITURE =
  'nav, footer, [role="navigation"], [role="banner"], [role="contentinfo"], [role="search"], [role="menu"]'
/** A part that says less than this of the page's text is not its main part, whatever it is called. */
const LEAST_SHARE = 0.4

/** The part of the page that its author marked as main, else all without its furniture; never nothing of something. */
function mainText(document: DomDocument): Rendered {
  const everything = renderHtml(document)
  for (const element of document.querySelectorAll(FURNITURE)) element.remove()
  for (const header of document.querySelectorAll('header'))
    if (!header.querySelector('h1') && !header.closest('main, article')) header.remove()
  const content = renderHtml(document)
  const articles = document.querySelectorAll('article')
  const marked = document.querySelector('main, [role="main"]') ?? (articles.length === 1 ? articles[0] : null)
  const main = marked ? renderHtml(marked) : content
  if (main.text.length >= LEAST_SHARE * content.text.length && main.text !== '') return main
  return content.text === '' ? everything : content
}

const textOf = (document: DomDocument, selector: string): string =>
  document.querySelector(selector)?.textContent ?? ''

const head = (bytes: Buffer): string =>
  bytes
    .subarray(0, 4096)
    .toString('latin1')
    .replace(/^(?:\xef\xbb\xbf)/u, '')

const oneLine = (text: string): string => text.replace(/\s+/gu, ' ').trim().slice(0, 500)

import type { LoadedDocument, Metadata } from '../../../domain/document.ts'
import { oneLine, skipSpace } from '../../../text/lines.ts'
import { fileTitle, type TextLoader } from '../loader.ts'
import { documentDate, flatMetadata } from '../writing/metadata.ts'
import type { DomDocument } from './dom.ts'
import { renderHtml } from './render.ts'
import { tamedHtml } from './source.ts'

/** Web pages: the text of the main part, without scripts, menus and footers. The extracted text is what is stored. */
export const html = {
  reads: 'text',
  name: 'HTML',
  extensions: ['html', 'htm', 'xhtml', 'xht'],
  recognises: (bytes) => /^<(?:!doctype\s+html|html[\s>])/iu.test(withoutLeadingComments(head(bytes))),
  declaredEncoding(bytes) {
    const beginning = head(bytes)
    const tags = [
      /^\s*<\?xml[^<>]*/iu.exec(beginning)?.[0] ?? '',
      ...(beginning.match(/<meta\s[^<>]*/giu) ?? []),
    ]
    return tags.flatMap((tag) => DECLARED.exec(tag)?.[1] ?? []).at(0)
  },
  async load(source, uri) {
    const { parseHTML } = await import('linkedom')
    const { Readability } = await import('@mozilla/readability')
    const { removeHidden } = await import('./hidden.ts')
    const { page, depth } = tamedHtml(source)
    const { document }: { document: DomDocument } = parseHTML(page)
    const titled = textOf(document, 'title')
    const metadata = metadataOf(document)
    const isPartial = document.querySelector(LINKED_STYLE) !== null
    const warnings = removeHidden(document, { isPartial })
    const title = oneLine(titled || textOf(document, 'h1')).slice(0, MAX_TITLE_CHARACTERS)
    for (const element of document.querySelectorAll(NEVER_READ)) element.remove()
    const article = (): DomDocument | undefined => {
      if (page.length > MAX_ARTICLE_CHARACTERS || depth > MAX_ARTICLE_DEPTH || !/<body[\s>]/iu.test(page))
        return undefined
      // Readability drops elements styled invisible even with visible content in them; hidden.ts has done that better.
      for (const element of document.querySelectorAll('[style]')) element.removeAttribute('style')
      try {
        const found = new Readability(parseHTML(String(document)).document, { keepClasses: true }).parse()
        return found?.content ? parseHTML(found.content).document : undefined
      } catch (thrown) {
        // Readability recurses: the page has more nodes than the stack takes.
        if (thrown instanceof RangeError) return undefined
        throw thrown
      }
    }
    const modifiedAt = DATES.map((name) => documentDate(metadata[name])).find(Boolean)
    return {
      title: title === '' ? fileTitle(uri) : title,
      mediaType: 'text/html',
      ...mainText(document, article),
      linesMatchFile: false,
      metadata,
      modifiedAt,
      warnings,
    }
  },
} satisfies TextLoader

/** In UTF-16 code units. */
const MAX_TITLE_CHARACTERS = 500
/** Readability is slow on large pages, which are manuals rather than articles; UTF-16 code units. */
const MAX_ARTICLE_CHARACTERS = 400_000
/** Readability's time grows with tags times depth; honest pages have a few dozen levels. */
const MAX_ARTICLE_DEPTH = 100

/** Names of `<meta>` with dates, best first. */
const DATES = ['article:modified_time', 'last-modified', 'article:published_time', 'dc.date', 'date']
const METADATA =
  /^(?:author|description|keywords|(?:dc\.)?date|last-modified|article:\w+|og:(?:site_name|url))$/u

function metadataOf(document: DomDocument): Metadata {
  const found: [string, string][] = []
  for (const meta of document.querySelectorAll('meta[content]')) {
    const name = (meta.getAttribute('name') ?? meta.getAttribute('property') ?? '').toLowerCase()
    if (METADATA.test(name)) found.push([name, meta.getAttribute('content') ?? ''])
  }
  return flatMetadata(Object.fromEntries(found.reverse()))
}

/** The encoding declared in `<meta>` or `<?xml`. */
const DECLARED = /(?:charset|encoding)\s*=\s*(?:["']\s*)?([\w-]{2,40})/iu

type Rendered = Pick<LoadedDocument, 'text' | 'blocks'>

/** Linked style sheets, which are not fetched. */
const LINKED_STYLE = 'link[rel~="stylesheet" i]'
const NEVER_READ =
  'script, style, svg:not([role="img"][aria-label]), canvas, iframe, object, title, button, select, textarea, input, dialog, a.headerlink, a.anchor-link'
const FURNITURE =
  'nav, footer, [role="navigation"], [role="banner"], [role="contentinfo"], [role="search"], [role="menu"]'
/** A part with a smaller share of the page's text is not the main one, even if marked so. */
const MIN_MAIN_SHARE = 0.4
/** Stricter for an article that Readability guessed: it should only leave out comments, related links and sidebars. */
const MIN_ARTICLE_SHARE = 0.6

/**
 * The part that the author marked as main, else what looks like an article, else the page without its furniture. Never
 * empty if the page has text.
 */
function mainText(document: DomDocument, article: () => DomDocument | undefined): Rendered {
  const everything = renderHtml(document)
  for (const element of document.querySelectorAll(FURNITURE)) element.remove()
  for (const header of document.querySelectorAll('header'))
    if (!header.querySelector('h1') && !header.closest('main, article')) header.remove()
  const content = renderHtml(document)
  const articles = document.querySelectorAll('article')
  const marked = document.querySelector('main, [role="main"]') ?? (articles.length === 1 ? articles[0] : null)
  const found = marked ?? article()
  const main = found ? renderHtml(found) : content
  const share = marked ? MIN_MAIN_SHARE : MIN_ARTICLE_SHARE
  if (main.text.length >= share * content.text.length && main.text !== '') return main
  return content.text === '' ? everything : content
}

const textOf = (document: DomDocument, selector: string): string =>
  document.querySelector(selector)?.textContent ?? ''

const head = (bytes: Buffer): string =>
  bytes
    .subarray(0, 4096)
    .toString('latin1')
    .replace(/^(?:\xef\xbb\xbf)/u, '')

function withoutLeadingComments(source: string): string {
  let at = skipSpace(source, 0)
  while (source.startsWith('<!--', at)) {
    const close = source.indexOf('-->', at + 4)
    if (close < 0) return ''
    at = skipSpace(source, close + 3)
  }
  return source.slice(at)
}

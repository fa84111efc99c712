import { extname } from 'node:path'
import { Lexer, type Token } from 'marked'
import { parse as parseYaml } from 'yaml'
import type { Block, BlockKind, Span } from '../domain/document.ts'
import { skipSpace, trimmed } from './lines.ts'
import { fileTitle, type TextLoader } from './loader.ts'
import { createSections } from './sections.ts'
import { paragraphs } from './text.ts'

/** Markdown, cut into top-level blocks. The source itself is stored, so that its lines are lines of the file. */
export const markdown = {
  reads: 'text',
  name: 'Markdown',
  extensions: ['md', 'markdown', 'mdx', 'mdown', 'mkd'],
  load(source, uri) {
    const front = frontMatter(source)
    const { blocks, firstTitle } = read(source, front.end, extname(uri).toLowerCase() === '.mdx')
    return {
      title: front.title ?? firstTitle ?? fileTitle(uri),
      mediaType: 'text/markdown',
      text: source,
      blocks,
      linesMatchFile: true,
    }
  },
} satisfies TextLoader

function frontMatter(source: string): { title?: string; end: number } {
  const match = /^---[ \t]*\n([\s\S]{0,20000}?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)/u.exec(source)
  if (!match) return { end: 0 }
  try {
    const data: unknown = parseYaml(match[1] ?? '')
    if (typeof data !== 'object' || data === null || Array.isArray(data)) return { end: 0 }
    const title = 'title' in data && typeof data.title === 'string' ? data.title.trim() : ''
    return title === '' ? { end: match[0].length } : { title, end: match[0].length }
  } catch {
    // Not front matter after all: a rule, text and another rule.
    return { end: 0 }
  }
}

function read(source: string, from: number, mdx: boolean): { blocks: Block[]; firstTitle?: string } {
  const blocks: Block[] = []
  const sections = createSections()
  let firstTitle: string | undefined
  const add: Add = (kind, span, headings = sections.path()) => {
    const { start, end } = trimmed(source, span)
    if (start < end) blocks.push({ kind, headings, start, end })
  }
  const located = locate(source, from)
  if (!located) return { blocks: paragraphs(source, from) }
  for (const { token, span } of located) {
    if (token.type === 'heading' && 'depth' in token && typeof token.depth === 'number') {
      const title = plain(token.text)
      if (token.depth === 1 && title !== '') firstTitle ??= title
      add('heading', span, sections.enter(token.depth, title))
    } else if (token.type === 'html') {
      if (!/^\s*<(?:script|style|template)\b/iu.test(token.raw)) addHtml(source, span, add)
    } else {
      const kind = KINDS[token.type]
      if (kind === 'code' || kind === 'table') add(kind, span)
      else if (kind && !(mdx && /^(?:import|export)\s/u.test(token.raw)))
        addAroundComments(source, span, kind, add)
    }
  }
  return firstTitle === undefined ? { blocks } : { blocks, firstTitle }
}

/** Rules, blank lines and link definitions are not listed: they hold nothing to find. */
const KINDS: Readonly<Record<string, BlockKind>> = {
  paragraph: 'paragraph',
  text: 'paragraph',
  list: 'list',
  blockquote: 'quote',
  table: 'table',
  code: 'code',
}

/**
 * The top-level tokens with their spans. marked does not give offsets, and the texts of its tokens differ from
 * the source in white space (at the end of lists, in tabs), but in nothing else: so other characters are counted.
 * Undefined when the nesting is too deep for its recursion, or when the characters don't agree after all.
 */
function locate(source: string, from: number): { token: Token; span: Span }[] | undefined {
  const tokens = blockTokens(source.slice(from))
  if (!tokens) return undefined
  const located: { token: Token; span: Span }[] = []
  let at = from
  for (const token of tokens) {
    at = skipSpace(source, at)
    const start = at
    for (let i = skipSpace(token.raw, 0); i < token.raw.length; i = skipSpace(token.raw, i + 1)) {
      at = skipSpace(source, at)
      if (source.charCodeAt(at) !== token.raw.charCodeAt(i)) return undefined
      at++
    }
    located.push({ token, span: { start, end: at } })
  }
  return located
}

function blockTokens(source: string): Token[] | undefined {
  try {
    return new Lexer({ gfm: true }).blockTokens(source, [])
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined
    throw thrown
  }
}

type Add = (kind: BlockKind, span: Span, headings?: readonly string[]) => void

/** Comments are for authors: what stands around one is indexed, the comment is not. */
function addAroundComments(source: string, span: Span, kind: BlockKind, add: Add): void {
  const part = source.slice(span.start, span.end)
  let from = 0
  for (;;) {
    const comment = part.indexOf('<!--', from)
    const close = comment < 0 ? -1 : part.indexOf('-->', comment + 4)
    if (close < 0) break
    add(kind, { start: span.start + from, end: span.start + comment })
    from = close + 3
  }
  add(kind, { start: span.start + from, end: span.end })
}

/** An HTML block is indexed from its first to its last text, if it has any: badges and anchors have none. */
function addHtml(source: string, span: Span, add: Add): void {
  addAroundComments(source, span, 'paragraph', (kind, part) => {
    const html = source.slice(part.start, part.end)
    const blanked = html.replace(/<[^<>]*>/gu, (tag) => ' '.repeat(tag.length))
    const text = trimmed(blanked, { start: 0, end: blanked.length })
    if (text.start < text.end) add(kind, { start: part.start + text.start, end: part.start + text.end })
  })
}

/** A heading without its inline marks. */
function plain(inline: string): string {
  return inline
    .slice(0, 1000)
    .replace(/!?\[([^\]]*)\]\([^)]*\)/gu, '$1')
    .replace(/<[^>]*>/gu, '')
    .replace(/\s*\{#[^}]*\}\s*$/u, '')
    .replace(/(\*\*|__|\*|`+)(\S(?:.*?\S)?)\1/gu, '$2')
    .replace(/\\([!-/:-@[-`{-~])/gu, '$1')
    .replace(/\s+/gu, ' ')
    .trim()
}

import { extname } from 'node:path'
import { Lexer, type Token, Tokenizer } from 'marked'
import { parse as parseYaml } from 'yaml'
import type {
  BlockHints,
  LoadedBlock,
  LoadedBlockKind,
  LoadedDocument,
  Metadata,
  Span,
} from '../../domain/document.ts'
import { lines, skipSpace, trimmed } from '../../text/lines.ts'
import { fileTitle, type TextLoader } from './loader.ts'
import { paragraphs } from './text.ts'
import { documentDate, flatMetadata } from './writing/metadata.ts'
import { createSections } from './writing/sections.ts'

/** Markdown, cut into top-level blocks. The source is stored unchanged, so line numbers match the file. */
export const markdown = {
  reads: 'text',
  name: 'Markdown',
  extensions: ['md', 'markdown', 'mdx', 'mdown', 'mkd'],
  async load(source, uri) {
    if (!mayHide(source)) return readMarkdown(source, uri)
    const { hiddenSpans } = await import('./markdown-hidden.ts')
    return withoutHidden(source, uri, hiddenSpans(source))
  },
} satisfies TextLoader

/** A cheap test: whether there are tags, and words that tags hide text with. */
const mayHide = (source: string): boolean =>
  /<[a-z]/iu.test(source) &&
  /\b(?:style|hidden|popover)\b|<(?:template|noscript|datalist|dialog|noembed|noframes|audio|video)\b/iu.test(
    source,
  )

/** Masks hidden letters: Markdown treats it as a letter, and titles drop it. */
const UNSEEN = '\u2060'

/** Reads the source with the hidden spans masked. The source is stored unchanged, but no block covers hidden text. */
function withoutHidden(source: string, uri: string, hidden: readonly Span[]): LoadedDocument {
  let masked = ''
  let at = 0
  for (const { start, end } of hidden) {
    masked +=
      source.slice(at, start) +
      source.slice(start, end).replace(/\S/gu, (letter) => UNSEEN.repeat(letter.length))
    at = end
  }
  const document = readMarkdown(masked + source.slice(at), uri)
  const named = (title: string) => title.replace(/\u2060+/gu, ' ').trim()
  let next = 0
  const blocks = document.blocks.flatMap((block) => {
    while ((hidden[next]?.end ?? block.end) <= block.start) next++
    return partsOf(block, hidden, next)
      .map((span) => trimmed(source, span))
      .filter(({ start, end }) => start < end)
      .map((span) => ({ ...block, ...span, headings: block.headings.map(named) }))
  })
  return { ...document, text: source, blocks, title: named(document.title) || fileTitle(uri) }
}

/** The visible parts of a span; `next` is the index of the first hidden span that ends after its start. */
function partsOf({ start, end }: Span, hidden: readonly Span[], next: number): Span[] {
  const parts: Span[] = []
  let at = start
  for (let i = next; at < end; i++) {
    const span = hidden[i]
    if (!span || span.start >= end) break
    if (span.start > at) parts.push({ start: at, end: span.start })
    at = Math.max(at, span.end)
  }
  if (at < end) parts.push({ start: at, end })
  return parts
}

/** Reads Markdown without looking for hidden text in its HTML. */
export function readMarkdown(source: string, uri: string): LoadedDocument {
  const front = frontMatter(source)
  const { blocks, firstTitle } = read(source, front.end, extname(uri).toLowerCase() === '.mdx')
  return {
    title: front.title ?? firstTitle ?? fileTitle(uri),
    mediaType: 'text/markdown',
    text: source,
    blocks,
    linesMatchFile: true,
    metadata: front.metadata,
    modifiedAt: front.modifiedAt,
  }
}

interface FrontMatter {
  readonly title?: string
  readonly metadata: Metadata
  readonly modifiedAt?: Date
  /** Offset at which the document itself begins. */
  readonly end: number
}

/** YAML between `---`, or TOML between `+++`, of which only `key = "value"` lines are read. */
function frontMatter(source: string): FrontMatter {
  const match = /^(---|\+\+\+)[ \t]*\n([\s\S]{0,20000}?)\n(?:\1|\.\.\.)[ \t]*(?:\n|$)/u.exec(source)
  const data = match ? frontData(match[1] ?? '', match[2] ?? '') : undefined
  if (!match || !data) return { metadata: {}, end: 0 }
  const { title, ...metadata } = flatMetadata(data)
  const modifiedAt = DATES.map((name) => documentDate(metadata[name])).find(Boolean)
  return {
    title: title || undefined,
    metadata,
    modifiedAt,
    end: match[0].length,
  }
}

/** Date fields of front matter, last modification first. */
const DATES = ['updated', 'modified', 'lastmod', 'last_modified', 'last_modified_at', 'date']

/** Undefined if it is not front matter after all, but text between two thematic breaks. */
function frontData(fence: string, inside: string): object | undefined {
  if (fence === '+++') {
    const pairs = inside.matchAll(/^([\w-]{1,100})\s*=\s*(?:"([^"\n]*)"|'([^'\n]*)'|([^\n]*))$/gmu)
    return Object.fromEntries(Array.from(pairs, ([, key, ...values]) => [key, values.find(Boolean) ?? '']))
  }
  try {
    const data: unknown = parseYaml(inside, { maxAliasCount: 20, logLevel: 'silent' })
    return typeof data === 'object' && data !== null && !Array.isArray(data) ? data : undefined
  } catch {
    return undefined
  }
}

function read(source: string, from: number, mdx: boolean): { blocks: LoadedBlock[]; firstTitle?: string } {
  const blocks: LoadedBlock[] = []
  const sections = createSections()
  let firstTitle: string | undefined
  const add: Add = (kind, span, headings = sections.path(), hints = {}) => {
    const { start, end } = trimmed(source, span)
    if (start < end) blocks.push({ ...hints, kind, headings, start, end })
  }
  const located = locate(source, from)
  if (!located) return { blocks: paragraphs(source, from) }
  for (const { token, span } of located) {
    if (token.type === 'heading' && 'depth' in token && typeof token.depth === 'number') {
      const title = plain(token.text)
      if (token.depth === 1 && title !== '') firstTitle ??= title
      add('heading', span, sections.enter(token.depth, title))
    } else if (token.type === 'html') {
      if (!/^\s*<(?:script|style|template)\b/iu.test(token.raw)) addHtml(source, span, mdx, add)
    } else {
      const kind = KINDS[token.type]
      if (kind === 'code' || kind === 'table') add(kind, span, undefined, hintsOf(token))
      else if (mdx && /^(?:<|\{\/\*)/u.test(token.raw)) addHtml(source, span, mdx, add)
      else if (kind && !(mdx && /^(?:import|export)\s/u.test(token.raw)))
        addAroundComments(source, span, kind, add)
    }
  }
  return { blocks, firstTitle }
}

/** Thematic breaks, blank lines and link definitions are absent: they hold nothing to find. */
const KINDS: Readonly<Record<string, LoadedBlockKind>> = {
  paragraph: 'paragraph',
  text: 'paragraph',
  list: 'list',
  blockquote: 'quote',
  table: 'table',
  code: 'code',
}

/**
 * The top-level tokens with their spans. marked gives no offsets, and its token texts differ from the source, but
 * only in white space (at the end of lists, in tabs), so they are aligned by all other characters. Undefined if the
 * nesting is too deep for marked's recursion, or if the characters don't align after all.
 */
function locate(source: string, from: number): { token: Token; span: Span }[] | undefined {
  const located: { token: Token; span: Span }[] = []
  for (const part of parts(source, from)) {
    const tokens = blockTokens(source.slice(part.start, part.end))
    if (!tokens) return undefined
    let at = part.start
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
  }
  return located
}

/** A part longer than these ends before a heading, before a paragraph or item, before any line; UTF-16 code units. */
const ENOUGH_CHARACTERS = 8192
const MUCH_CHARACTERS = 12_288
const MAX_CHARACTERS = 16_384

/**
 * Cuts the source into parts that are parsed separately, because on hostile input marked takes quadratic time. Code
 * blocks, comments, tables and HTML stay whole; a long one begins a part, so that it is parsed as what it is.
 */
function* parts(source: string, from: number): Generator<Span> {
  let start = from
  let blank = false
  let line = from
  while (line < source.length) {
    const newline = source.indexOf('\n', line)
    const end = newline < 0 ? source.length : newline + 1
    const head = source.slice(line, Math.min(end, line + 100))
    const whole = wholeEnd(source, line, end, head)
    const length = Math.max(end, whole) - start
    const cut =
      length > MAX_CHARACTERS ||
      (length > MUCH_CHARACTERS && (blank ? /^\S/u : /^(?:[-*+]|\d{1,9}[.)])[ \t]/u).test(head)) ||
      (length > ENOUGH_CHARACTERS && blank && /^#{1,6}[ \t]/u.test(head))
    if (cut && line > start) {
      yield { start, end: line }
      start = line
    }
    blank = end - line < 100 && head.trim() === ''
    line = Math.max(end, whole)
  }
  if (start < source.length) yield { start, end: source.length }
}

/** The end of the code block, comment, table or HTML block that begins at this line; 0 if none does. */
function wholeEnd(source: string, line: number, next: number, head: string): number {
  if (head.includes('|') && isDelimiterRow(source, next)) {
    let end = next
    for (const row of lines(source, next)) {
      if (!source.slice(row.start, Math.min(row.end, row.start + MAX_CELL_CHARACTERS)).includes('|')) break
      end = row.end + 1
    }
    return end
  }
  if (HTML_BLOCK.test(head)) {
    BLANK_LINE.lastIndex = line
    return BLANK_LINE.exec(source) ? BLANK_LINE.lastIndex : source.length
  }
  const fence = /^ {0,3}(`{3,}(?!`)(?!.*`)|~{3,}(?!~))/u.exec(head)?.[1]
  if (fence === undefined && !/^ {0,3}<!--/u.test(head)) return 0
  const close = fence === undefined ? source.indexOf('-->', line) : closingFence(source, next, fence)
  const newline = close < 0 ? -1 : source.indexOf('\n', close)
  return newline < 0 ? source.length : newline + 1
}

/** HTML blocks that end at a blank line, of the kinds that can be long. */
const HTML_BLOCK = /^ {0,3}<(?:table|div|ul|ol|dl|details|section|center|p)(?:\s|>)/iu
const BLANK_LINE = /\n[ \t]*\n/gu
const FENCE_END = /^ {0,3}(`{3,}|~{3,})[ \t]*$/gmu

function closingFence(source: string, from: number, fence: string): number {
  FENCE_END.lastIndex = from
  for (let match = FENCE_END.exec(source); match; match = FENCE_END.exec(source))
    if (match[1]?.startsWith(fence)) return match.index
  return -1
}

/** How much of a row is searched for its first bar, in UTF-16 code units. */
const MAX_CELL_CHARACTERS = 1000

function isDelimiterRow(source: string, start: number): boolean {
  const newline = source.indexOf('\n', start)
  const row = source.slice(start, newline < 0 ? source.length : newline)
  return row.includes('|') && /^[ \t|:-]+$/u.test(row)
}

/** Nested quotes and lists: marked parses the rest again at every level. */
const TOO_DEEP = /^(?:[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?>){40}|^[ \t]{160,}(?:[-*+]|\d{1,9}[.)])[ \t]/mu

function blockTokens(source: string): Token[] | undefined {
  if (TOO_DEEP.test(source)) return undefined
  try {
    return new Lexer({ gfm: true, tokenizer: new BlockTokenizer() }).blockTokens(source, [])
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined
    throw thrown
  }
}

/** Requires a bar or colon in a table's second line first; marked checks that only after reading all possible rows. */
class BlockTokenizer extends Tokenizer {
  override table(source: string) {
    const second = source.indexOf('\n') + 1
    const end = source.indexOf('\n', second)
    const delimiters = source.slice(second, end < 0 ? source.length : end)
    return second > 0 && /[:|]/u.test(delimiters) ? super.table(source) : undefined
  }
}

type Add = (kind: LoadedBlockKind, span: Span, headings?: readonly string[], hints?: BlockHints) => void

function hintsOf(token: Token): BlockHints {
  const info = 'lang' in token && typeof token.lang === 'string' ? token.lang : ''
  const language = /^[\w+#.-]{1,30}(?![^\s{,:])/u.exec(info)?.[0].toLowerCase()
  return { language }
}

/** Adds the text around comments, but not the comments: they are for authors. */
function addAroundComments(source: string, span: Span, kind: LoadedBlockKind, add: Add): void {
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

/** Adds an HTML block from its first to its last text, unless it has none, like badges and anchors. */
function addHtml(source: string, span: Span, mdx: boolean, add: Add): void {
  addAroundComments(source, span, 'paragraph', (kind, part) => {
    const html = source.slice(part.start, part.end)
    const blanked = html.replace(mdx ? JSX : /<[^<>]*>/gu, (tag) => ' '.repeat(tag.length))
    const text = trimmed(blanked, { start: 0, end: blanked.length })
    if (text.start < text.end) add(kind, { start: part.start + text.start, end: part.start + text.end })
  })
}

/** Comments, and tags whose attributes may be expressions nested up to two braces deep. */
const JSX = /<(?:[^<>{}]|\{(?:[^{}]|\{[^{}]*\})*\})*>|\{\/\*(?:(?!\{\/\*)[\s\S])*?\*\/\}/gu

/** A link or image without another one inside. */
const LINK = /!?\[([^[\]]*)\]\((?:[^()]|\([^()]*\))*\)/gu
/** Bold, italic or code, without the same mark inside. */
const EMPHASIS =
  /\*\*(?=\S)((?:(?!\*\*).)+)(?<=\S)\*\*|__(?=\S)((?:(?!__).)+)(?<=\S)__|\*(?=\S)([^*]+)(?<=\S)\*|(?<!`)`+([^`]+)`+/gu

/** A heading's text without inline markup. */
function plain(inline: string): string {
  return inline
    .slice(0, 1000)
    .replace(LINK, '$1')
    .replace(LINK, '$1')
    .replace(/<[^<>]*>/gu, '')
    .trimEnd()
    .replace(/\{#[^{}]*\}$/u, '')
    .replace(EMPHASIS, '$1$2$3$4')
    .replace(/\\([!-/:-@[-`{-~])/gu, '$1')
    .replace(/\s+/gu, ' ')
    .trim()
}

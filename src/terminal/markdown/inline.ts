/** Markdown inside a paragraph: emphasis, code, links and citation marks, as runs. */
import type { MarkedToken, Token } from 'marked'
import { type Run, run, type Style } from './runs.ts'

const KNOWN = new Set<string>(
  'blockquote br checkbox code codespan def del em escape heading hr html image link list list_item paragraph space strong table text'.split(
    ' ',
  ),
)

/** Whether the token is one of marked's own, whose fields are typed. */
export const isKnown = (token: Token): token is MarkedToken => KNOWN.has(token.type)

export interface Palette {
  /** Without colours, code keeps its backticks. */
  readonly colours: boolean
}

export const inline = (tokens: readonly Token[], palette: Palette, style: Style = {}): Run[] =>
  tokens.flatMap((token) => (isKnown(token) ? runsOf(token, palette, style) : [run(token.raw, style)]))

function runsOf(token: MarkedToken, palette: Palette, style: Style): Run[] {
  switch (token.type) {
    case 'strong':
      return inline(token.tokens, palette, { ...style, bold: true })
    case 'em':
      return inline(token.tokens, palette, { ...style, italic: true })
    case 'del':
      return inline(token.tokens, palette, { ...style, strikethrough: true })
    case 'codespan':
      return palette.colours
        ? [run(token.text, { ...style, tone: 'code' })]
        : [run(`\`${token.text}\``, style)]
    case 'br':
      return [run('\n', style)]
    case 'link':
      return link(token.tokens, token, palette, style)
    case 'image':
      return [run(`${token.text === '' ? 'image' : token.text} (${token.href})`, style)]
    case 'text':
      return token.tokens === undefined
        ? marks(decoded(token.text), style)
        : inline(token.tokens, palette, style)
    case 'escape':
      return [run(token.text, style)]
    default:
      return [run(token.raw, style)]
  }
}

/** The target is always shown: a document decides what a link is called. */
function link(
  label: readonly Token[],
  { text, href }: { readonly text: string; readonly href: string },
  palette: Palette,
  style: Style,
): Run[] {
  const shown = inline(label, palette, { ...style, underline: true, tone: 'link' })
  if (text === href || `mailto:${text}` === href || href === '') return shown
  return [...shown, run(` (${href})`, { ...style, dim: true })]
}

/** Citation marks such as `[1]`. */
const marks = (text: string, style: Style): Run[] =>
  text
    .split(/(\[\d{1,3}\])/)
    .map((piece, index) => run(piece, index % 2 === 0 ? style : { ...style, bold: true, tone: 'accent' }))
    .filter((piece) => piece.text !== '')

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&nbsp;': '\u00a0',
}

/** A new line inside a paragraph is a space, as everywhere in Markdown. */
const decoded = (text: string): string =>
  text.replace(/&(?:amp|lt|gt|quot|#39|nbsp);/g, (entity) => ENTITIES[entity] ?? entity).replace(/\n/g, ' ')

/** Markdown as lines for a terminal. */
import { Lexer, type MarkedToken, type Token, type Tokens } from 'marked'
import { printable } from '../../domain/printable.ts'
import { inline, isKnown, type Palette } from './inline.ts'
import { type Line, type Run, run, widthOf, wrap } from './runs.ts'
import { layOutTable } from './table.ts'

/**
 * Lines of at most `width` columns; only code may be wider, which is never wrapped. `text` is whatever a model or a
 * document holds: it is made printable here.
 */
export function layOut(text: string, width: number, palette: Palette): Line[] {
  const safe = printable(text)
  const tokens = parse(safe)
  return tokens === undefined ? plain(safe, width) : blocks(tokens, { ...palette, width, depth: 0 })
}

/** Deeper than this is not for reading, and nesting without end would exhaust the stack. */
const MAX_DEPTH = 8
const TOO_DEEP = /(?:> ?){24}/

/** A row is filled up to as many cells as the header has, which multiplies with the rows. */
const MAX_COLUMNS = 100

const isTooWide = (text: string): boolean =>
  text.split('\n').some((line) => line.split('|', MAX_COLUMNS + 2).length > MAX_COLUMNS + 1)

function parse(text: string): readonly Token[] | undefined {
  if (TOO_DEEP.test(text) || isTooWide(text)) return undefined
  try {
    return new Lexer({ gfm: true }).lex(text)
  } catch {
    return undefined
  }
}

interface Place extends Palette {
  readonly width: number
  readonly depth: number
}

const INVISIBLE = new Set(['space', 'def', 'checkbox'])

function blocks(tokens: readonly Token[], place: Place, tight = false): Line[] {
  return tokens
    .filter(({ type }) => !INVISIBLE.has(type))
    .flatMap((token, index) => {
      const lines =
        place.depth > MAX_DEPTH || !isKnown(token) ? plain(token.raw, place.width) : block(token, place)
      return index === 0 || tight ? lines : [[], ...lines]
    })
}

function block(token: MarkedToken, place: Place): Line[] {
  const { width, depth } = place
  switch (token.type) {
    case 'heading': {
      const style = { bold: true, tone: 'accent' } as const
      return wrap(
        inline(token.tokens, place, token.depth <= 2 ? { ...style, underline: true } : style),
        width,
      )
    }
    case 'paragraph':
      return wrap(inline(token.tokens, place), width)
    case 'text':
      return wrap(inline(token.tokens ?? [token], place), width)
    case 'code':
      return token.text.split('\n').map((line) => [run(indent(width) + line, { tone: 'code' })])
    case 'blockquote': {
      const bar = run('┃ ', { dim: true })
      return prefixed(
        blocks(token.tokens, { ...place, width: Math.max(1, width - 2), depth: depth + 1 }),
        bar,
        bar,
      )
    }
    case 'list':
      return token.items.flatMap((entry, index) => {
        const lines = item(entry, bullet(token, index), place)
        return token.loose && index > 0 ? [[], ...lines] : lines
      })
    case 'table':
      return layOutTable(token, width, place)
    case 'hr':
      return [[run('─'.repeat(Math.max(1, Math.min(width, 40))), { dim: true })]]
    default:
      return plain(token.raw, width)
  }
}

function item({ task, checked, loose, tokens }: Tokens.ListItem, mark: string, place: Place): Line[] {
  const box = checked ? '☑' : '☐'
  const marker = run(`${task ? (mark === BULLET ? box : `${mark} ${box}`) : mark} `)
  const columns = widthOf([marker])
  const inside = { ...place, width: Math.max(1, place.width - columns), depth: place.depth + 1 }
  return prefixed(blocks(tokens, inside, !loose), marker, run(' '.repeat(columns)))
}

const BULLET = '•'

const bullet = ({ ordered, start }: Tokens.List, index: number): string =>
  ordered ? `${Number(start) + index}.` : BULLET

function prefixed(lines: readonly Line[], first: Run, others: Run): Line[] {
  const filled = lines.length === 0 ? [[]] : lines
  return filled.map((line, index) =>
    index === 0
      ? [first, ...line]
      : line.length === 0 && others.text.trim() === ''
        ? line
        : [others, ...line],
  )
}

const plain = (text: string, width: number): Line[] =>
  text
    .trimEnd()
    .split('\n')
    .flatMap((line) => wrap([run(line)], width))

/** Leaves room for the text on very narrow terminals. */
const indent = (width: number): string => (width > 24 ? '  ' : '')

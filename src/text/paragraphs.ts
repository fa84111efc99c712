/** What is told of a text's structure by the text alone, where no loader told it. */
import type { Passage } from '../domain/answer.ts'
import type { Block, Excerpt } from '../domain/block.ts'
import type { LoadedBlockKind, Span } from '../domain/document.ts'
import { contains } from '../domain/spans.ts'
import { lines } from './lines.ts'

const FENCE = /^\s*(```|~~~)/u

/** Cut at blank lines, but not inside fenced code. */
export function paragraphs(text: string, { start, end }: Span): Span[] {
  const found: Span[] = []
  let begun: number | undefined
  let fenced = false
  for (const line of lines(text, start, end)) {
    const own = text.slice(line.start, line.end)
    if (FENCE.test(own)) fenced = !fenced
    if (!fenced && own.trim() === '') {
      if (begun !== undefined) found.push({ start: begun, end: line.start })
      begun = undefined
    } else begun ??= line.start
  }
  if (begun !== undefined) found.push({ start: begun, end })
  return found
}

/** The titles of a stored path of sections. */
export const headingPath = (heading = ''): string[] => (heading === '' ? [] : heading.split(' › '))

export function paragraphKind(text: string): LoadedBlockKind {
  const own = text.trimEnd().split('\n')
  if (own.length === 1 && /^#{1,6}\s/u.test(text)) return 'heading'
  if (FENCE.test(text)) return 'code'
  if (own.every((line) => /^\s*\|/u.test(line))) return 'table'
  if (own.every((line) => line.startsWith('>'))) return 'quote'
  return /^\s*([-*+]|\d+[.)])\s/u.test(text) ? 'list' : 'paragraph'
}

/** A piece of a document that was stored without its blocks. */
type Piece = Pick<Passage, 'start' | 'end' | 'text' | 'heading' | 'page'>

/** Its paragraphs from `from` on: lists and tables are paragraphs too. */
export function paragraphBlocks({ start, text, heading, page }: Piece, from = start): Block[] {
  const headings = headingPath(heading)
  return paragraphs(text, { start: Math.max(0, from - start), end: text.length }).map((span) => {
    const own = text.slice(span.start, span.end)
    const kind = paragraphKind(own)
    return {
      start: start + span.start,
      end: start + span.start + own.trimEnd().length,
      kind: kind === 'list' || kind === 'table' ? 'paragraph' : kind,
      headings,
      page,
      leads: [],
    }
  })
}

/** What the passages themselves tell: their paragraphs. */
export function excerptsOfTexts(passages: readonly Passage[]): Excerpt[] {
  return [...Map.groupBy(passages, ({ document }) => document).values()].flatMap((own) => {
    const [first] = own
    if (first === undefined) return []
    const { document, uri, title } = first
    const blocks: Block[] = []
    for (const passage of own.toSorted((left, right) => left.start - right.start))
      blocks.push(...paragraphBlocks(passage, blocks.at(-1)?.end))
    return [{ document, uri, title, passages: own, blocks, text: textIn(own) }]
  })
}

/** Reads spans of a document of which these pieces are known. */
export function textIn(pieces: readonly Pick<Piece, 'start' | 'end' | 'text'>[]): (span: Span) => string {
  return ({ start, end }) => {
    const piece = pieces.find((one) => contains(one, { start, end }))
    if (piece === undefined) throw new Error(`the text at ${start}:${end} was not read`)
    return piece.text.slice(start - piece.start, end - piece.start)
  }
}

import type { Passage } from '../../domain/answer.ts'
import type { Span } from '../../domain/document.ts'
import type { RankedSentence } from './relevance.ts'

/** What is quoted, word for word; the span is relative to the passage's text. */
export interface Quote extends Span {
  readonly passage: Passage
  readonly text: string
  /** Cosine to the question of its best sentence. */
  readonly similarity: number
}

/** More would be no answer any more, but a reading list. */
const MAX_SENTENCES = 3

/**
 * The best sentences until the answer is in them with the probability `enough`; neighbours become one quotation. `parts`:
 * how many answers share the usual length.
 */
export function quotesOf(ranked: readonly RankedSentence[], enough: number, parts = 1): Quote[] {
  let quotes: Quote[] = []
  let certain = 0
  for (const item of ranked.slice(0, Math.ceil(MAX_SENTENCES / parts))) {
    if (certain >= enough) break
    certain += item.probability
    quotes = withQuote(quotes, quoteOf(item))
  }
  return quotes
}

/** A sentence between two others joins both. */
function withQuote(quotes: readonly Quote[], quote: Quote): Quote[] {
  for (const [index, other] of quotes.entries()) {
    const merged = mergeNeighbours(other, quote)
    if (merged !== undefined) return withQuote(quotes.toSpliced(index, 1), merged)
  }
  return [...quotes, quote]
}

export const quoteOf = ({ candidate, features }: RankedSentence): Quote => ({
  passage: candidate.passage,
  start: candidate.start,
  end: candidate.end,
  text: candidate.text,
  similarity: features.similarity,
})

/** Nothing but white space and a list's marker between them. */
const BETWEEN = /^\s*(?:(?:[-*+•]|\d{1,4}[.)])[ \t]+)?$/u

function mergeNeighbours(a: Quote, b: Quote): Quote | undefined {
  if (a.passage !== b.passage) return undefined
  const [before, after] = a.start <= b.start ? [a, b] : [b, a]
  const { text } = a.passage
  if (after.start < before.end || !BETWEEN.test(text.slice(before.end, after.start))) return undefined
  return {
    passage: a.passage,
    start: before.start,
    end: after.end,
    text: text.slice(before.start, after.end),
    similarity: Math.max(a.similarity, b.similarity),
  }
}

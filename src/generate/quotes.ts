import type { Passage } from '../domain/answer.ts'
import type { Span } from '../domain/document.ts'
import type { Ranked } from './relevance.ts'
import { CONFIDENT } from './weights.ts'

/** What is quoted, word for word; the span is relative to the passage's text. */
export interface Quote extends Span {
  readonly passage: Passage
  readonly text: string
  /** Cosine to the question of its best sentence. */
  readonly similarity: number
}

/** The best sentence, and the second when the first is not certain; neighbours become one quotation. */
export function quotesOf(ranked: readonly Ranked[]): Quote[] {
  const [first, second] = ranked
  if (first === undefined) return []
  const one = quoteOf(first)
  if (second === undefined || first.probability >= CONFIDENT) return [one]
  const two = quoteOf(second)
  const merged = mergeNeighbours(one, two)
  return merged === undefined ? [one, two] : [merged]
}

const quoteOf = ({ candidate, features }: Ranked): Quote => ({
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

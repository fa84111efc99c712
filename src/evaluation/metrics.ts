/** The metrics of one question: pure functions, each defined in docs/EVALUATION.md. */

import { ofAll } from '../text/all-languages.ts'
import { foldCase } from '../text/fold.ts'

/** For each gold document or passage, the rank at which it was first found, from 1; null if it was not found. */
export type Ranks = readonly (number | null)[]

/** Share of the gold items among the first `k` results. */
export function recallAt(k: number, ranks: Ranks): number {
  return ranks.filter((rank) => rank !== null && rank <= k).length / ranks.length
}

/** Reciprocal rank of the first gold item; 0 if none is among the first `k`. */
export function reciprocalRankAt(k: number, ranks: Ranks): number {
  const first = Math.min(...ranks.map((rank) => rank ?? Number.POSITIVE_INFINITY))
  return first <= k ? 1 / first : 0
}

/** Binary gains discounted by log2(rank + 1), relative to the ideal order; a passage may contain several gold ones. */
export function ndcgAt(k: number, ranks: Ranks): number {
  const discounted = (rank: number) => 1 / Math.log2(rank + 1)
  const gained = sum(ranks.map((rank) => (rank !== null && rank <= k ? discounted(rank) : 0)))
  const ideal = sum(ranks.slice(0, k).map((_, index) => discounted(index + 1)))
  return Math.min(1, gained / ideal)
}

const MARK = /[ \t]?\[\d{1,3}\]/g

/** An answer's text without its citation marks. */
export const withoutMarks = (text: string): string => text.replace(MARK, '')

/** Ignores compatibility forms, case, letter variants, typographic quotes and dashes, and white space. */
export function normalised(text: string): string {
  return foldCase(text)
    .replace(/[«»“”„‟]/g, '"')
    .replace(/[‘’‚‛]/g, "'")
    .replace(/[‐‑‒–—−]/g, '-')
    .replace(/\s+/g, ' ')
    .trim()
}

/** Whether the text contains one of the answers. */
export function containsAnswer(text: string, answers: readonly string[]): boolean {
  const whole = normalised(withoutMarks(text))
  return answers.some((answer) => whole.includes(normalised(answer)))
}

const WORDS = /[\p{L}\p{M}\p{N}]+/gu
const ARTICLES = new Set(ofAll(({ articles }) => articles))

const wordsOf = (text: string): string[] =>
  (normalised(withoutMarks(text)).match(WORDS) ?? []).filter((word) => !ARTICLES.has(word))

/** Word overlap as in SQuAD: the F1 score against the best-matching answer. */
export function tokenF1(text: string, answers: readonly string[]): number {
  const words = wordsOf(text)
  return Math.max(0, ...answers.map((answer) => overlap(words, wordsOf(answer))))
}

function overlap(words: readonly string[], gold: readonly string[]): number {
  const left = new Map<string, number>()
  for (const word of gold) left.set(word, (left.get(word) ?? 0) + 1)
  let common = 0
  for (const word of words) {
    const count = left.get(word) ?? 0
    if (count === 0) continue
    left.set(word, count - 1)
    common += 1
  }
  return common === 0 ? 0 : (2 * common) / (words.length + gold.length)
}

/** Nearest rank: the smallest value that at least this share of the values does not exceed. */
export function quantile(share: number, values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
}

export const mean = (values: readonly number[]): number => sum(values) / values.length

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

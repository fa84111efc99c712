/** How the words of a question stand in a passage: all in one sentence, next to each other, or scattered. */

import { lexemes } from '../text/lexemes.ts'
import { splitSentences } from '../text/sentences.ts'
import type { WeighedWords } from './question.ts'

export interface Closeness {
  /** Share of the question, by idf, that the best sentence holds, 0 to 1. */
  readonly coverage: number
  /** Pairs of the question's words, more for those close to each other, as a share of the question. */
  readonly proximity: number
  /** The question's words that the passage holds. */
  readonly matched: readonly string[]
}

/** Lexemes between two words beyond which they have nothing to do with each other. */
const FARTHEST = 7

export function closeness(
  { idfs, total }: WeighedWords,
  passage: { readonly title: string; readonly heading: string; readonly text: string },
): Closeness {
  if (total === 0) return { coverage: 0, proximity: 0, matched: [] }
  const idfOf = (lexeme: string) => idfs.get(lexeme) ?? 0
  const sentences = splitSentences(passage.text).map(({ start, end }) =>
    lexemes(passage.text.slice(start, end)),
  )
  const shares = sentences.map((sentence) =>
    [...new Set(sentence)].reduce((sum, word) => sum + idfOf(word), 0),
  )
  const positions = positionsOf(
    [...lexemes(`${passage.title}\n${passage.heading}`), ...sentences.flat()],
    (lexeme) => idfs.has(lexeme),
  )
  return {
    coverage: Math.max(0, ...shares) / total,
    proximity: pairs(positions, idfOf) / total,
    matched: [...positions.keys()],
  }
}

function positionsOf(found: readonly string[], wanted: (lexeme: string) => boolean): Map<string, number[]> {
  const positions = new Map<string, number[]>()
  for (const [position, lexeme] of found.entries()) {
    if (!wanted(lexeme)) continue
    const known = positions.get(lexeme)
    if (known === undefined) positions.set(lexeme, [position])
    else known.push(position)
  }
  return positions
}

/** Each pair counts as much as its more common word, divided by the square of the distance. */
function pairs(positions: ReadonlyMap<string, readonly number[]>, idfOf: (lexeme: string) => number): number {
  const list = [...positions]
  let sum = 0
  for (const [index, [left, lefts]] of list.entries()) {
    for (const [right, rights] of list.slice(index + 1)) {
      const distance = nearest(lefts, rights)
      if (distance <= FARTHEST) sum += Math.min(idfOf(left), idfOf(right)) / distance ** 2
    }
  }
  return sum
}

/** Both ascending. */
function nearest(lefts: readonly number[], rights: readonly number[]): number {
  let best = Number.POSITIVE_INFINITY
  let at = 0
  for (const left of lefts) {
    while ((rights[at + 1] ?? Number.POSITIVE_INFINITY) <= left) at++
    best = Math.min(best, distance(left, rights[at]), distance(left, rights[at + 1]))
  }
  return best
}

const distance = (left: number, right: number | undefined) =>
  right === undefined ? Number.POSITIVE_INFINITY : Math.abs(left - right)

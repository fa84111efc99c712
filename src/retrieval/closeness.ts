/** How a question's words are distributed in a passage: in one sentence, close together, or scattered. */

import { type LexicalText, namesOf } from '../text/bm25.ts'
import { lexemes } from '../text/lexemes.ts'
import { splitSentences } from '../text/sentences.ts'
import type { WeighedWords } from './question.ts'

export interface Closeness {
  /** Share of the question, by idf, that the best sentence contains, 0 to 1. */
  readonly coverage: number
  /** Pairs of the question's words, weighted by closeness, as a share of the question. */
  readonly proximity: number
  /** Share of the question, by idf, in the passage's path, title and headings. */
  readonly names: number
  /** The question's words that the passage contains. */
  readonly matched: readonly string[]
}

/** Distance in lexemes beyond which two words are unrelated. */
const MAX_DISTANCE_LEXEMES = 7

export function closeness({ idfs, total }: WeighedWords, passage: LexicalText): Closeness {
  if (total === 0) return { coverage: 0, proximity: 0, names: 0, matched: [] }
  const idfOf = (lexeme: string) => idfs.get(lexeme) ?? 0
  const sentences = splitSentences(passage.text).map(({ start, end }) =>
    lexemes(passage.text.slice(start, end)),
  )
  const shares = sentences.map((sentence) =>
    [...new Set(sentence)].reduce((sum, word) => sum + idfOf(word), 0),
  )
  const names = lexemes(namesOf(passage))
  const positions = positionsOf([...names, ...sentences.flat()], (lexeme) => idfs.has(lexeme))
  return {
    coverage: Math.max(0, ...shares) / total,
    proximity: pairs(positions, idfOf) / total,
    names: [...new Set(names)].reduce((sum, word) => sum + idfOf(word), 0) / total,
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

/** Each pair counts with the idf of its more common word, divided by the square of the distance. */
function pairs(positions: ReadonlyMap<string, readonly number[]>, idfOf: (lexeme: string) => number): number {
  const words = [...positions.keys()]
  const found = words
    .flatMap((_, word) => (positions.get(words[word] ?? '') ?? []).map((at) => ({ at, word })))
    .sort((left, right) => left.at - right.at)
  // The shortest distance of each pair, keyed by the order of the words.
  const distances = new Map<number, number>()
  for (const [index, { at, word }] of found.entries()) {
    for (const other of found.slice(index + 1, index + 1 + MAX_DISTANCE_LEXEMES)) {
      const distance = other.at - at
      if (distance > MAX_DISTANCE_LEXEMES) break
      const pair = Math.min(word, other.word) * words.length + Math.max(word, other.word)
      if (word !== other.word)
        distances.set(pair, Math.min(distance, distances.get(pair) ?? MAX_DISTANCE_LEXEMES))
    }
  }
  const idfs = words.map(idfOf)
  return [...distances]
    .sort(([left], [right]) => left - right)
    .reduce((sum, [pair, distance]) => {
      const [left = 0, right = 0] = [idfs[Math.floor(pair / words.length)], idfs[pair % words.length]]
      return sum + Math.min(left, right) / distance ** 2
    }, 0)
}

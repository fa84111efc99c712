/** The words of a question: terms, and phrases in quotation marks. */
import type { Phrase } from '../ports/store/search.ts'
import { inverseFrequency, termId, type WeightedTerm } from '../text/bm25.ts'
import { lexemes } from '../text/lexemes.ts'

export interface AskedWords {
  /** In the order of the question, without duplicates. */
  readonly terms: readonly { readonly id: number; readonly lexeme: string; readonly boost: number }[]
  readonly phrases: readonly Phrase[]
}

/** Phrases to search for, each with a separate statement. */
const MAX_PHRASES = 16
/** Weight of words in quotation marks. */
const QUOTED_BOOST = 1.5
/** A straight mark after a number means inches: `a 5" or 7" screen`. */
export const QUOTATION =
  /(?<![\p{L}\p{N}])"(?=\S)([^"\n]{2,200})(?<=\S)"(?![\p{L}\p{N}])|«([^«»\n]{2,200})»|“([^“”\n]{2,200})”|„([^„“”\n]{2,200})[“”]/gu

export function wordsOf(question: string): AskedWords {
  const quotations = [...question.matchAll(QUOTATION)].slice(0, MAX_PHRASES)
  const phrases = quotations.map(([, ...groups]) => {
    const text = groups.find((group) => group !== undefined) ?? ''
    return { text, ids: [...new Set(lexemes(text).map(termId))] }
  })
  const quoted = new Set(phrases.flatMap(({ ids }) => ids))
  const terms = [...new Set(lexemes(question))].map((lexeme) => {
    const id = termId(lexeme)
    return { id, lexeme, boost: quoted.has(id) ? QUOTED_BOOST : 1 }
  })
  return { terms, phrases }
}

/** A question's terms with weights, and the score of a passage that contains each of them once. */
export interface WeighedWords extends AskedWords {
  readonly weights: readonly WeightedTerm[]
  readonly idfs: ReadonlyMap<string, number>
  readonly total: number
}

export function weigh(words: AskedWords, found: ReadonlyMap<number, number>, chunks: number): WeighedWords {
  const idfs = new Map<string, number>()
  const weights = new Map<number, number>()
  for (const { id, lexeme, boost } of words.terms) {
    const idf = boost * inverseFrequency(found.get(id) ?? 0, chunks)
    idfs.set(lexeme, idf)
    weights.set(id, (weights.get(id) ?? 0) + idf)
  }
  return {
    ...words,
    weights: [...weights].map(([id, weight]) => ({ id, weight })),
    idfs,
    total: [...idfs.values()].reduce((sum, idf) => sum + idf, 0),
  }
}

/**
 * BM25 as an inner product: a passage's weights are stored, a question's weights are the idfs of its terms. Tokens
 * and their order come from `lexemes`.
 */
import { lexemes } from './lexemes.ts'

/**
 * Term ids are smaller than this, the maximum dimension of pgvector's sparse vectors. Of 252,000 terms, about 30
 * collide.
 */
export const TERM_IDS = 1_000_000_000

export interface WeightedTerm {
  /** 0 to TERM_IDS - 1. */
  readonly id: number
  readonly weight: number
}

const K1 = 0.9
const B = 0.4
/** Lexemes of an average passage. A constant: twice or half of it changes no result on XQuAD. */
const AVERAGE_LENGTH_LEXEMES = 100
/** Distinct terms of a passage: a row with more would not fit into a database page. */
const MAX_TERMS = 600

export interface LexicalText {
  /** Uri of the document. */
  readonly uri: string
  readonly title: string
  readonly heading: string
  readonly text: string
}

/** How much of a long uri is indexed, from its end; UTF-16 code units. */
const MAX_URI_CHARACTERS = 200

/** What is indexed of a passage: its text, and its names (uri with its folders, title, heading). */
const passageLexemes = (passage: LexicalText): string[] => lexemes(`${namesOf(passage)}\n${passage.text}`)

export const namesOf = ({ uri, title, heading }: LexicalText): string =>
  `${uri.slice(-MAX_URI_CHARACTERS)}\n${title}\n${heading}`

/** The weights of a passage: tf·(k1+1) / (tf + k1·(1 − b + b·length/average)). */
export function passageTerms(passage: LexicalText): WeightedTerm[] {
  const found = passageLexemes(passage)
  const frequencies = new Map<number, number>()
  for (const lexeme of found) {
    const id = termId(lexeme)
    const frequency = frequencies.get(id)
    if (frequency === undefined && frequencies.size === MAX_TERMS) continue
    frequencies.set(id, (frequency ?? 0) + 1)
  }
  const norm = K1 * (1 - B + (B * found.length) / AVERAGE_LENGTH_LEXEMES)
  return [...frequencies].map(([id, tf]) => ({ id, weight: (tf * (K1 + 1)) / (tf + norm) }))
}

/** The weight of a term that occurs in `found` of `all` passages; never negative. */
export function inverseFrequency(found: number, all: number): number {
  const most = Math.max(found, all)
  return Math.log(1 + (most - found + 0.5) / (found + 0.5))
}

/** FNV-1a with a final mix. */
export function termId(lexeme: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < lexeme.length; at++) hash = Math.imul(hash ^ lexeme.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) % TERM_IDS
}

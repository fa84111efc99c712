/** Finds what a request names in texts, by the same words as the search: case, accents and endings do not matter. */
import type { Span } from '../domain/document.ts'
import { termId } from '../text/bm25.ts'
import { contentWords } from '../text/content-words.ts'
import { lexemeGroups } from '../text/lexemes.ts'
import { splitSentences } from '../text/sentences.ts'

/** A word or a name. Of `full-text`, `fulltext` or the parts next to each other are enough. */
interface Unit {
  readonly whole: string
  readonly parts: readonly string[]
}

export interface Subject {
  readonly units: readonly Unit[]
  /** Sets of terms; a passage that holds the subject has all of one of them. */
  readonly terms: readonly (readonly number[])[]
}

const HYPHENATED = /^[^\s._/\\:@#+&=~$]+$/u
const VERSION = /^\p{N}+(?:\.\p{N}+)+$/u

export function subjectOf(text: string): Subject {
  const units = text.split(/\s+/u).flatMap((piece) =>
    lexemeGroups(piece).map((group) => {
      const whole = group.at(-1) ?? ''
      return { whole, parts: group.length > 1 && HYPHENATED.test(piece) ? group.slice(0, -1) : [] }
    }),
  )
  const whole = units.map((unit) => termId(unit.whole))
  const apart = units.flatMap(({ whole, parts }) => (parts.length === 0 ? [whole] : parts).map(termId))
  return { units, terms: units.some(({ parts }) => parts.length > 0) ? [whole, apart] : [whole] }
}

type Groups = readonly (readonly string[])[]

/** Whether the words stand in the text in order, next to each other but for words such as `of`. */
export const holds = ({ units }: Subject, text: string): boolean => holdsAt(units, lexemeGroups(text))

function holdsAt(units: readonly Unit[], groups: Groups): boolean {
  return groups.some((_, at) => endAfter(units, groups, at) !== undefined)
}

function endAfter(units: readonly Unit[], groups: Groups, start: number): number | undefined {
  let at = start
  for (const { whole, parts } of units) {
    if (has(groups[at], whole)) at += 1
    else if (parts.length > 0 && parts.every((part, index) => has(groups[at + index], part)))
      at += parts.length
    else return undefined
  }
  return at
}

/** A version is no other one that begins like it: 4.2 is not 4.2.1. */
const has = (group: readonly string[] | undefined, lexeme: string): boolean =>
  group !== undefined && (VERSION.test(lexeme) ? group.at(-1) === lexeme : group.includes(lexeme))

/** Whether all the words stand somewhere in the text. */
export function holdsApart({ units }: Subject, text: string): boolean {
  const groups = lexemeGroups(text)
  return units.every((unit) => holdsAt([unit], groups))
}

/** Of the word's root, as sentences are compared: `watering` of `watered`. */
export function holdsRoot(word: string, text: string): boolean {
  const root = rootOf(word)
  return root !== undefined && contentWords(text).some((other) => other.root === root)
}

export const rootOf = (word: string): string | undefined => contentWords(`x ${word}`).at(-1)?.root

/** The first sentence that passes the test, in the text. */
export function sentenceWith(text: string, test: (sentence: string) => boolean): Span | undefined {
  return splitSentences(text).find(({ start, end }) => test(text.slice(start, end)))
}

/** Words of a text that may stand between the words of a subject, for each of them. */
const WORDS_BETWEEN = 6

/** Where the subject stands in the text, from its first word on; undefined if its words do not stand together. */
export function placeOf({ units }: Subject, text: string): Span | undefined {
  const words = Array.from(text.matchAll(/\S+/gu), ({ 0: word, index }) => ({
    start: index,
    end: index + word.length,
  }))
  for (const [at, { start }] of words.entries()) {
    for (const last of words.slice(at, at + units.length * WORDS_BETWEEN)) {
      const groups = lexemeGroups(text.slice(start, last.end))
      if (groups.length === 0) break
      if (endAfter(units, groups, 0) !== undefined) return { start, end: last.end }
      if (groups.length > units.length * 3) break
    }
  }
  return undefined
}

/** What is known of all languages together: a text may mix them. */
import type { Knowledge } from './knowledge.ts'
import { KNOWLEDGE } from './language.ts'

export const ofAll = <Item>(pick: (knowledge: Knowledge) => Iterable<Item>): readonly Item[] =>
  Object.values(KNOWLEDGE).flatMap((knowledge) => [...pick(knowledge)])

/** One group of a regular expression; of no alternatives, one that never matches. */
export const anyOf = (pick: (knowledge: Knowledge) => readonly string[]): string =>
  `(?:${ofAll(pick).join('|') || '(?!)'})`

/** As words of their own: `\b` knows Latin letters only. */
export const asWord = (pattern: string): string => `(?<![\\p{L}\\p{N}])${pattern}(?![\\p{L}\\p{N}])`

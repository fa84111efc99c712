/** Knowledge of all languages merged, because a text may mix them. */
import type { Knowledge } from './knowledge.ts'
import { KNOWLEDGE } from './language.ts'

export const ofAll = <Item>(pick: (knowledge: Knowledge) => Iterable<Item>): readonly Item[] =>
  Object.values(KNOWLEDGE).flatMap((knowledge) => [...pick(knowledge)])

/** One group of a regular expression; without alternatives it never matches. */
export const anyOf = (pick: (knowledge: Knowledge) => readonly string[]): string =>
  `(?:${ofAll(pick).join('|') || '(?!)'})`

/** As whole words: `\b` works only for Latin letters. */
export const asWord = (pattern: string): string => `(?<![\\p{L}\\p{N}])${pattern}(?![\\p{L}\\p{N}])`

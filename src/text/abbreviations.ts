/** Abbreviations of all languages merged, because a text may mix them. */
import { type Abbreviations, KNOWLEDGE } from './language.ts'

const all = (pick: (abbreviations: Abbreviations) => ReadonlySet<string>): ReadonlySet<string> =>
  new Set(Object.values(KNOWLEDGE).flatMap(({ abbreviations }) => [...pick(abbreviations)]))

export const NEVER_LAST = all(({ neverLast }) => neverLast)
export const BEFORE_NUMBER = all(({ beforeNumber }) => beforeNumber)
export const RARELY_LAST = all(({ rarelyLast }) => rarelyLast)
export const SENTENCE_STARTERS = all(({ sentenceStarters }) => sentenceStarters)

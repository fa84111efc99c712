/** Recognises what refers to the answer before as a whole: `source?`, `all of them`, `in English please`. */
import { LANGUAGES } from '../domain/language.ts'
import { KNOWLEDGE } from '../text/language.ts'
import { endsOf, patternOf, wordsOf } from './patterns.ts'

/** What is wanted of the answer before: where it is from, more of the same, or the same in another language. */
export const LAST_ANSWER_WISHES = ['sources', 'more', 'translation'] as const
export type LastAnswerWish = (typeof LAST_ANSWER_WISHES)[number]

/** More words say something of their own. */
const MAX_WISH_WORDS = 9
/** UTF-16 code units; the same. */
const MAX_WISH_CHARACTERS = 120

const PATTERNS = LAST_ANSWER_WISHES.map((wish) => ({
  wish,
  patterns: LANGUAGES.flatMap((language) =>
    KNOWLEDGE[language].lastAnswer[wish].map((written) => patternOf(written)),
  ),
}))

export function lastAnswerWish(text: string): LastAnswerWish | undefined {
  if (text.length > MAX_WISH_CHARACTERS) return undefined
  const words = wordsOf(text)
  if (words.length === 0 || words.length > MAX_WISH_WORDS) return undefined
  return PATTERNS.find(({ patterns }) =>
    patterns.some((pattern) => endsOf(pattern, words, 0).has(words.length)),
  )?.wish
}

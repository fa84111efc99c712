/**
 * What the product knows about each language, one folder each, told apart by script. To add a language, add its folder, its name in
 * `LANGUAGES` and a line in `KNOWLEDGE`; the compiler names what is missing.
 */
import { LANGUAGES, type Language } from '../domain/language.ts'
import { english } from './en/index.ts'
import type { Knowledge } from './knowledge.ts'
import { russian } from './ru/index.ts'

export const KNOWLEDGE: Readonly<Record<Language, Knowledge>> = { en: english, ru: russian }

const scriptOf = (language: Language, quantifier = '', flags = 'u') =>
  new RegExp(`\\p{Script=${KNOWLEDGE[language].script}}${quantifier}`, flags)

const LETTERS: readonly (readonly [Language, RegExp])[] = LANGUAGES.map((language) => [
  language,
  scriptOf(language, '', 'gu'),
])

/** UTF-16 code units from which the language of a text is detected. */
const SAMPLE_CHARACTERS = 4000

/**
 * Detects the language of a text by script: the one with the most letters; on a tie the later one in `LANGUAGES`,
 * which is rarer.
 */
export function detectLanguage(text: string): Language {
  const sample = text.slice(0, SAMPLE_CHARACTERS)
  let best: Language = 'en'
  let most = 0
  for (const [language, letter] of LETTERS) {
    const letters = sample.match(letter)?.length ?? 0
    if (letters > 0 && letters >= most) [best, most] = [language, letters]
  }
  return best
}

const [MOST_COMMON, ...OTHERS] = LANGUAGES
const WORD_SCRIPTS = OTHERS.map((language) => ({ language, script: scriptOf(language) }))

/** Detects a word's language by script, also in mixed text. */
export const languageOfWord = (word: string): Language =>
  WORD_SCRIPTS.find(({ script }) => script.test(word))?.language ?? MOST_COMMON

/** Whether a text may be in a language: half of a text in another script may be names and commands in Latin letters. */
export const isIn = (language: Language, text: string): boolean =>
  KNOWLEDGE[language].script === 'Latin'
    ? detectLanguage(text) === language
    : scriptOf(language, '{3}').test(text)

/**
 * What the product knows about each language, one folder each. To add a language, add its folder, its name in
 * `LANGUAGES` and a line in `KNOWLEDGE`; the compiler names what is missing.
 */
import { LANGUAGES, type Language } from '../domain/language.ts'
import { english } from './en/index.ts'
import type { Lexicon } from './lexicon.ts'
import { russian } from './ru/index.ts'

export interface Knowledge {
  /** English name, for prompts. */
  readonly name: string
  /** The Unicode script that distinguishes it from the others. */
  readonly script: 'Latin' | 'Cyrillic'
  /** The stem of a lower-case word, as search compares it. */
  readonly stem: (word: string) => string
  readonly stopWords: ReadonlySet<string>
  readonly abbreviations: Abbreviations
  readonly asking: Asking
  /** For the cache's gate: whether two questions ask the same. */
  readonly lexicon: Lexicon
  readonly replies: Replies
}

/** Words whose full stop does not end a sentence: lower case, without the stop. */
export interface Abbreviations {
  /** Never end a sentence: titles before names, `e.g.`, streets and towns. */
  readonly neverLast: ReadonlySet<string>
  /** Followed by a number: `no. 5`, `рис. 3`, `5 апр. 1900 г.`. Otherwise their stop ends a sentence. */
  readonly beforeNumber: ReadonlySet<string>
  /** End a sentence only before a word that commonly begins one: `Apple Inc. said` and `Apple Inc. The…`. */
  readonly rarelyLast: ReadonlySet<string>
  /** Words that begin sentences more often than they follow an abbreviation. */
  readonly sentenceStarters: ReadonlySet<string>
}

/** Regular expression alternatives: how questions ask for a kind of thing, and words that name one. */
export interface Asking {
  readonly date: string
  readonly quantity: string
  readonly name: string
  readonly dateWords: string
  readonly numberWords: string
}

/** The product's own words in answers. */
export interface Replies {
  /** If the documents don't hold the answer. */
  readonly refusal: string
  /** Heads statements that contradict each other. */
  readonly contradiction: string
  readonly nothingIngested: string
  readonly searched: (search: {
    readonly query: string
    readonly collections: string
    readonly documents: number
    readonly isFiltered: boolean
  }) => string
  readonly nearest: (uri: string) => string
  readonly advice: string
  /** Heads a list of citations. */
  readonly sources: string
  /** Precedes a page number. */
  readonly page: string
}

export const KNOWLEDGE: Readonly<Record<Language, Knowledge>> = { en: english, ru: russian }

const lettersOf = (language: Language) => new RegExp(`\\p{Script=${KNOWLEDGE[language].script}}`, 'gu')
const LETTERS: Readonly<Record<Language, RegExp>> = { en: lettersOf('en'), ru: lettersOf('ru') }

/** UTF-16 code units from which the language of a text is detected. */
const SAMPLE = 4000

/**
 * Detects the language of a text by script: the one with the most letters; on a tie the later one in `LANGUAGES`,
 * which is rarer.
 */
export function detectLanguage(text: string): Language {
  const sample = text.slice(0, SAMPLE)
  let best: Language = 'en'
  let most = 0
  for (const language of LANGUAGES) {
    const letters = sample.match(LETTERS[language])?.length ?? 0
    if (letters > 0 && letters >= most) [best, most] = [language, letters]
  }
  return best
}

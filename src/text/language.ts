/**
 * What the product knows of a language, and the languages that it knows: one folder each. To add one is to add its folder,
 * its name in `LANGUAGES` and a line in `KNOWLEDGE`; the compiler names what is missing.
 */
import { LANGUAGES, type Language } from '../domain/language.ts'
import { english } from './en/index.ts'
import type { Lexicon } from './lexicon.ts'
import { russian } from './ru/index.ts'

export interface Knowledge {
  /** In English, as prompts call it. */
  readonly name: string
  /** The Unicode script that tells it from the others. */
  readonly script: 'Latin' | 'Cyrillic'
  /** Of a word in lower case: what search compares. */
  readonly stem: (word: string) => string
  readonly stopWords: ReadonlySet<string>
  readonly abbreviations: Abbreviations
  readonly asking: Asking
  /** What tells whether two questions ask the same. */
  readonly lexicon: Lexicon
  readonly replies: Replies
}

/** Words whose full stop does not end a sentence: lower case, without that stop. */
export interface Abbreviations {
  /** Something always follows: titles before names, `e.g.`, streets and towns. */
  readonly neverLast: ReadonlySet<string>
  /** A number follows: `no. 5`, `рис. 3`, `5 апр. 1900 г.`. Before anything else their stop is an ordinary one. */
  readonly beforeNumber: ReadonlySet<string>
  /** Ends a sentence only before a word that commonly begins one: `Apple Inc. said` and `Apple Inc. The…`. */
  readonly rarelyLast: ReadonlySet<string>
  /** Words that begin sentences more often than they go on after an abbreviation. */
  readonly sentenceStarters: ReadonlySet<string>
}

/** Alternatives of a regular expression: how questions ask for a kind of thing, and words that name one. */
export interface Asking {
  readonly date: string
  readonly quantity: string
  readonly name: string
  readonly dateWords: string
  readonly numberWords: string
}

/** What the product itself says in answers. */
export interface Replies {
  /** The documents hold no answer. */
  readonly refusal: string
  /** Before statements that contradict each other. */
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
  /** Heading of a list of citations. */
  readonly sources: string
  /** Before the number of a page. */
  readonly page: string
}

export const KNOWLEDGE: Readonly<Record<Language, Knowledge>> = { en: english, ru: russian }

const lettersOf = (language: Language) => new RegExp(`\\p{Script=${KNOWLEDGE[language].script}}`, 'gu')
const LETTERS: Readonly<Record<Language, RegExp>> = { en: lettersOf('en'), ru: lettersOf('ru') }

/** UTF-16 code units that tell the language of a text. */
const SAMPLE = 4000

/** The language of a text by its script: the one with the most letters; on a tie the later of `LANGUAGES`, which is rarer. */
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

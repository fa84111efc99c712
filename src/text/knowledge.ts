/** What must be known of a language: every folder in this room fills it, and the compiler names what is missing. */
import type { Lexicon } from './lexicon.ts'

export interface Knowledge {
  /** In English, as prompts call it. */
  readonly name: string
  /** The Unicode script that tells it from the others. */
  readonly script: 'Latin' | 'Cyrillic'
  /** Letters written as other letters more often than not: `ё` as `е`. In both cases. */
  readonly letterVariants: ReadonlyMap<string, string>
  /** Of a word in lower case: what search compares. */
  readonly stem: (word: string) => string
  /** Of a word in lower case of four letters or more: what sentences are compared by, shorter than a stem. */
  readonly root: (word: string) => string
  readonly stopWords: ReadonlySet<string>
  /** Left out where answers are compared word by word, as SQuAD does. */
  readonly articles: ReadonlySet<string>
  readonly contractions: Contractions
  readonly abbreviations: Abbreviations
  readonly asking: Asking
  readonly followUps: FollowUps
  /** What tells whether two questions ask the same. */
  readonly lexicon: Lexicon
  readonly documents: DocumentConventions
  readonly replies: Replies
  /** What the page in a browser says. */
  readonly page: PageWords
  /** What a person types for yes, in lower case. */
  readonly yes: ReadonlySet<string>
  /** Letters of its keyboard with the Latin ones on the same keys; empty where they are Latin. */
  readonly keyboard: ReadonlyMap<string, string>
}

/** Alternatives of a regular expression: what an apostrophe joins to a word. */
export interface Contractions {
  /** Whole endings of words that say no more than "not": `n't`. */
  readonly negation: readonly string[]
  /** Endings that say nothing about what the word means: `'s`, `'ll`. */
  readonly endings: readonly string[]
}

/** Words whose full stop does not end a sentence: lower case, without that stop. */
export interface Abbreviations {
  /** Something always follows: titles before names, `e.g.`, streets and towns. */
  readonly neverLast: ReadonlySet<string>
  /** The same, written with a space: alternatives of a regular expression. */
  readonly neverLastPhrases: readonly string[]
  /** A number follows: `no. 5`, `рис. 3`, `5 апр. 1900 г.`. Before anything else their stop is an ordinary one. */
  readonly beforeNumber: ReadonlySet<string>
  /** Last in a sentence only behind a number: `г.` is a year there, and a town elsewhere. */
  readonly lastAfterNumber: ReadonlySet<string>
  /** Ends a sentence only before a word that commonly begins one: `Apple Inc. said` and `Apple Inc. The…`. */
  readonly rarelyLast: ReadonlySet<string>
  /** Ends a sentence, although it looks like initials: alternatives of a regular expression. */
  readonly lastPhrases: readonly string[]
  /** Words that begin sentences more often than they go on after an abbreviation. */
  readonly sentenceStarters: ReadonlySet<string>
  /** Words of one letter, in capitals, that begin sentences. */
  readonly oneLetterWords: ReadonlySet<string>
}

/** Alternatives of a regular expression: how questions ask for a kind of thing, and words that name one. */
export interface Asking {
  readonly date: string
  readonly quantity: string
  readonly name: string
  readonly dateWords: string
  readonly numberWords: string
  /** The unit of a year behind its number, as `stems` gives it; undefined where years have none. */
  readonly yearUnit: string | undefined
}

/** How a question refers to the conversation before it. Lists are alternatives of a regular expression. */
export interface FollowUps {
  /** First words that tie a question to the one before: `and`, `also`. */
  readonly conjunctions: readonly string[]
  /** Behind those: `what about`. */
  readonly whatAbout: readonly string[]
  readonly pronouns: readonly string[]
  /** Whether a pronoun stands for something said before, not for what its own question says; in lower case. */
  readonly refersBack: (pronoun: string, before: string, after: string) => boolean
  /** Join the clauses of a question: `and` in `Can I extend the chat, and how do I do that?`. */
  readonly clauseConjunctions: readonly string[]
  /** Begin a clause behind one of those. */
  readonly clauseStarters: readonly string[]
  /** Small words inside names: `University of Oxford`. */
  readonly nameParticles: readonly string[]
}

/** What people and programs write into documents. Lists are alternatives of a regular expression, in any case. */
export interface DocumentConventions {
  /** Before the number of a heading: `Chapter 2`. */
  readonly headingKinds: readonly string[]
  /** Fields of records whose value tells one from another, the best first; in lower case. */
  readonly labelFields: readonly string[]
  /** Parts of a word that keep the hyphen before them, and those that keep it behind them. */
  readonly keepsHyphenBefore: readonly string[]
  readonly keepsHyphenAfter: readonly string[]
  /** Titles that a program gives to a document that has none, in lower case; no regular expressions. */
  readonly placeholderTitles: ReadonlySet<string>
  /** What programs write into a description that they guessed. */
  readonly generatedDescriptions: readonly string[]
  /** Names of Word's styles before their number, in lower case. */
  readonly headingStyles: readonly string[]
  readonly contentsStyles: readonly string[]
  /** Encodings of before Unicode that no general detection tells apart well enough; undefined: it does. */
  readonly legacyEncodings: LegacyEncodings | undefined
}

export interface LegacyEncodings {
  /** The likelier first: the first wins where two read the same. */
  readonly names: readonly string[]
  /** How well decoded text reads as this language. */
  readonly score: (text: string) => number
  /** Text in a wrong encoding or of another language stays below. */
  readonly minScore: number
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

/** `{who}` and the like are filled in by the page. */
export interface PageWords {
  readonly about: string
  readonly token: string
  readonly tokenHint: string
  readonly enter: string
  readonly question: string
  readonly ask: string
  readonly working: string
  readonly cached: string
  readonly ok: string
  readonly starting: string
  readonly draining: string
  readonly failing: string
  readonly degraded: string
  readonly unreachable: string
  readonly refusedToken: string
  readonly lost: string
  readonly offered: string
  readonly replaced: string
  readonly accept: string
  readonly decline: string
  readonly more: string
}

/**
 * What the product must know about a language. Every language folder here provides it, and the compiler names what
 * is missing.
 */
import type { Lexicon } from './lexicon.ts'

export interface Knowledge {
  /** English name, for prompts. */
  readonly name: string
  /** The Unicode script that distinguishes it from the others. */
  readonly script: 'Latin' | 'Cyrillic'
  /** Letters that many people replace by another, such as `ё` by `е`, in both cases. Folded in text of every language. */
  readonly letterVariants: ReadonlyMap<string, string>
  /** Lower-case Latin letters by those that look like them, which people type in codes; empty if its letters are Latin. */
  readonly lookAlikes: ReadonlyMap<string, string>
  /** The stem of a lower-case word, as search compares it. */
  readonly stem: (word: string) => string
  /** The root of a lower-case word of four or more letters, for comparing sentences; shorter than a stem. */
  readonly root: (word: string) => string
  readonly stopWords: ReadonlySet<string>
  /** Whether a word before a noun tells which one: an adjective, not a verb. `before`: the word before it. */
  readonly isQualifier: (word: string, before: string) => boolean
  /** Ignored when answers are compared word by word, as in SQuAD. */
  readonly articles: ReadonlySet<string>
  readonly contractions: Contractions
  readonly abbreviations: Abbreviations
  readonly asking: Asking
  readonly answerWords: AnswerWords
  readonly dating: DatingWords
  readonly followUps: FollowUps
  readonly severalQuestions: SeveralQuestions
  readonly smallTalk: SmallTalk
  readonly lastAnswer: LastAnswer
  readonly documentRequests: DocumentRequests
  /** For the cache's gate: whether two questions ask the same. */
  readonly lexicon: Lexicon
  readonly numbers: Numbers
  readonly documents: DocumentConventions
  readonly replies: Replies
  /** Texts of the web page. */
  readonly webPage: WebPageTexts
  /** What people type for yes, in lower case. */
  readonly yes: ReadonlySet<string>
  /** Its letters in lower case, but variants. */
  readonly alphabet: string
  readonly vowels: string
  /** What a Latin keyboard has on the same key, by the letter of its own; empty if its letters are Latin. */
  readonly keyboard: ReadonlyMap<string, string>
}

/** Regular expression alternatives: what an apostrophe attaches to a word. */
export interface Contractions {
  /** Whole endings that only mean "not": `n't`. */
  readonly negation: readonly string[]
  /** Endings that don't change what the word is about: `'s`, `'ll`. */
  readonly endings: readonly string[]
}

export interface Numbers {
  /** What a comma between digits does: `1,000` or `0,5`. */
  readonly comma: 'groups' | 'decimal'
  /** Regular expression alternatives in lower case: units written directly after a number, as in `250kg`. Not `k`, which changes it. */
  readonly units: readonly string[]
}

/** Words whose full stop does not end a sentence: lower case, without the stop. */
export interface Abbreviations {
  /** Never end a sentence: titles before names, `e.g.`, streets and towns. */
  readonly neverLast: ReadonlySet<string>
  /** The same, written with a space: regular expression alternatives. */
  readonly neverLastPhrases: readonly string[]
  /** Followed by a number: `no. 5`, `рис. 3`, `5 апр. 1900 г.`. Otherwise their stop ends a sentence. */
  readonly beforeNumber: ReadonlySet<string>
  /** End a sentence only after a number: `г.` then means year, otherwise town. */
  readonly lastAfterNumber: ReadonlySet<string>
  /** End a sentence only before a word that commonly begins one: `Apple Inc. said` and `Apple Inc. The…`. */
  readonly rarelyLast: ReadonlySet<string>
  /** End a sentence although they look like initials: regular expression alternatives. */
  readonly lastPhrases: readonly string[]
  /** Words that begin sentences more often than they follow an abbreviation. */
  readonly sentenceStarters: ReadonlySet<string>
  /** One-letter words, in capitals, that begin sentences. */
  readonly oneLetterWords: ReadonlySet<string>
}

/** Regular expression alternatives: how questions ask for a kind of answer. */
export interface Asking {
  readonly date: string
  readonly quantity: string
  readonly name: string
  /** Asks for several things: `which`, `list`. */
  readonly list: string
  /** Asks for a way to do something: `how do I`. */
  readonly how: string
  /** Asks for the author of a message. */
  readonly sender: string
}

/** Words in answers to such questions. */
export interface AnswerWords {
  /** Months, weekdays and the like: regular expression alternatives. */
  readonly date: string
  /** Numbers and amounts in words: regular expression alternatives. */
  readonly number: string
  /** The unit of a year after its number, as `roots` gives it; undefined if years have none. */
  readonly yearUnit: string | undefined
}

/** How documents are dated and questions ask for an earlier or later one. Regular expression alternatives throughout. */
export interface DatingWords {
  /** Twelve of them. */
  readonly months: readonly string[]
  /** From the first on. */
  readonly ordinals: readonly string[]
  /** Stand beside the number of a version. */
  readonly versionWords: readonly string[]
  /** Ask for what is true now, for what was true at first, and for what was true before. */
  readonly newest: readonly string[]
  readonly oldest: readonly string[]
  readonly older: readonly string[]
  /** Stand before a date that is not meant itself, but the time before it. */
  readonly before: readonly string[]
  /** Stand before a year, so that its number is one. */
  readonly within: readonly string[]
  /** Stand behind a year. */
  readonly years: readonly string[]
  /** Fields with the day from which a document is in force, and with the day when it was made or changed. */
  readonly fieldsOfForce: readonly string[]
  readonly fieldsOfDate: readonly string[]
  /** Fields that say whether it is valid. */
  readonly fieldsOfStatus: readonly string[]
  /** Words of a line at the head of a document that dates it: `valid from`, `edition of`. */
  readonly announces: readonly string[]
  /** In a title, a name or a mark: what it stands on is not valid any more, or never was. */
  readonly outdated: readonly string[]
  /** Begin what somebody wants, and say that it was not granted. */
  readonly proposal: readonly string[]
  readonly rejected: readonly string[]
}

/** How a question refers to the conversation before it. Lists are regular expression alternatives. */
export interface FollowUps {
  /** First words that tie a question to the previous one: `and`, `also`. */
  readonly conjunctions: readonly string[]
  /** May follow a conjunction: `what about`. */
  readonly whatAbout: readonly string[]
  readonly pronouns: readonly string[]
  /** Those that mean a person, if one was named before. */
  readonly personalPronouns: ReadonlySet<string>
  /** Ask for a person. */
  readonly who: readonly string[]
  /** Whether a pronoun refers to the conversation rather than to its own question; in lower case. */
  readonly refersBack: (pronoun: string, before: string, after: string) => boolean
  /** Join the clauses of a question: `and` in `Can I extend the chat, and how do I do that?`. */
  readonly clauseConjunctions: readonly string[]
  /** Begin a clause after one of these. */
  readonly clauseStarters: readonly string[]
  /** Small words inside names: `University of Oxford`. */
  readonly nameParticles: readonly string[]
}

/** How one message asks several things, beside the question words of the lexicon. Lists are regular expression alternatives. */
export interface SeveralQuestions {
  /** Join two questions: `and`, `and also`. */
  readonly joins: readonly string[]
  /** Stand before a question: `tell me`. */
  readonly frames: readonly string[]
  /** Begin a question that is answered by yes or no: `do I`. */
  readonly yesNo: readonly string[]
  /** After them and a comma stands what is known, not another question: `Как узнать, сколько …`; in lower case. */
  readonly knowing: ReadonlySet<string>
  /** Question words that after a comma more often begin a clause of the question before it. */
  readonly subordinating: ReadonlySet<string>
  /** Question words after which one word is only a predicate: `сколько стоит`. Lower case; empty if predicates have auxiliaries. */
  readonly predicative: ReadonlySet<string>
  readonly comparisons: readonly Comparison[]
  /** Between two things that are all of a question: `A vs B`. */
  readonly versus: readonly string[]
  /** Join the things to choose from: `Which is lighter, A or B?` */
  readonly or: readonly string[]
  /** Precede what things are compared by: `A and B by weight`. */
  readonly respect: readonly string[]
}

/** A question that asks no more of several things than how they differ. Regular expression alternatives. */
export interface Comparison {
  readonly opening: string
  /** Between what they are compared by, if that is said, and the first of them: `the price of`. */
  readonly between?: string
  /** Before the last of them. */
  readonly join: string
}

/** What people say without asking the documents anything. */
export const TALK_KINDS = [
  'greeting',
  'thanks',
  'farewell',
  'test',
  'introduction',
  'capabilities',
  'languages',
  'identity',
  'complaint',
  'unclear',
  'instructions',
] as const
export type TalkKind = (typeof TALK_KINDS)[number]

/**
 * Patterns of whole utterances, or of parts that follow each other, in folded words: one slot for each word, with
 * its alternatives (`good morning|evening`); `_` among them makes the slot optional. `introduction` and `unclear` are
 * talk only if nothing was said before that they may refer to.
 */
export interface SmallTalk extends Readonly<Record<TalkKind, readonly string[]>> {
  /** Words that may stand beside them. */
  readonly fillers: readonly string[]
  /** Phrases that begin like a courtesy, but belong to a question: `hello world`. */
  readonly notCourtesies: readonly string[]
}

/** Patterns, as in `SmallTalk`, of whole messages about the answer before. */
export interface LastAnswer {
  /** Where it is from. */
  readonly sources: readonly string[]
  /** All of it, in more detail. */
  readonly more: readonly string[]
  readonly translation: readonly string[]
}

/** Requests about the documents themselves, each kind as patterns. */
export const REQUEST_KINDS = [
  'count',
  'overview',
  'countMentions',
  'mentions',
  'countAbout',
  'about',
  'summary',
  'author',
  'date',
  'dateOfNamed',
  'version',
  'length',
  'writtenBy',
  'publishedIn',
  'rowsAll',
  'rows',
  'rowsList',
  'contents',
] as const
export type RequestKind = (typeof REQUEST_KINDS)[number]

/**
 * Patterns as in `SmallTalk`, of whole requests; `*` is a gap of the asker's own words, `{files}` a class of words, and
 * `word~` any word that begins so.
 */
export interface DocumentRequests extends Readonly<Record<RequestKind, readonly string[]>> {
  /** Alternatives by name; `papers`: what documents are called. */
  readonly classes: Readonly<Record<string, string>> & { readonly papers: string }
  /** May stand before and after a request. */
  readonly openings: readonly string[]
  readonly closings: readonly string[]
  /** Alternatives of which a document's name consists that names none: `this file`. */
  readonly thisDocument: string
}

/** Conventions of people and programs in documents. Lists are regular expression alternatives, case-insensitive. */
export interface DocumentConventions {
  /** Precede the number of a heading: `Chapter 2`. */
  readonly headingKinds: readonly string[]
  /** Fields that identify a record, best first; in lower case. */
  readonly labelFields: readonly string[]
  /** Last words of the line above a quoted message: `Ann wrote:`; regular expressions. */
  readonly wroteWords: readonly string[]
  /** The heading between dashes above a quoted or forwarded message; regular expressions. */
  readonly originalMessage: readonly string[]
  /** What mail programs put before the subject of an answer or a forwarded message; in lower case. */
  readonly replyPrefixes: readonly string[]
  /** Parts of a word that keep the hyphen before them, and those that keep it after them. */
  readonly keepsHyphenBefore: readonly string[]
  readonly keepsHyphenAfter: readonly string[]
  /** Titles that programs give to untitled documents, in lower case; plain text, not regular expressions. */
  readonly placeholderTitles: ReadonlySet<string>
  /** What programs write into generated descriptions. */
  readonly generatedDescriptions: readonly string[]
  /** Names of Word's heading styles before their number, in lower case. */
  readonly headingStyles: readonly string[]
  readonly contentsStyles: readonly string[]
  /** Pre-Unicode encodings that general detection cannot tell apart; undefined if it can. */
  readonly legacyEncodings: LegacyEncodings | undefined
}

export interface LegacyEncodings {
  /** Most likely first: if two decode to the same text, the first wins. */
  readonly names: readonly string[]
  /** How well decoded text reads as this language. */
  readonly score: (text: string) => number
  /** Text in a wrong encoding or another language scores below this. */
  readonly minScore: number
}

/** The product's own words in answers. */
export interface Replies {
  /** If the documents don't hold the answer. */
  readonly refusal: string
  /** Heads what came closest if the documents don't say it directly. */
  readonly unsure: string
  /** Heads statements that contradict each other. */
  readonly contradiction: string
  /** Of a message that asks several things: which of them the documents don't hold. */
  readonly partNotFound: (part: string) => string
  /** Heads what an older document or message said; `name`: of that document, if it is another one. */
  readonly earlier: (name?: string) => string
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
  readonly citations: string
  /** When a translation is wanted of an engine that only quotes. */
  readonly cannotTranslate: string
  /** The reply to each kind of small talk. */
  readonly talk: Readonly<Record<TalkKind | 'acknowledged', string>>
  /** Precedes a page number. */
  readonly page: string
  readonly catalogue: CatalogueReplies
}

/** Answers about the documents themselves. Names come ready to show. */
export interface CatalogueReplies {
  /** Quotes a word or a passage. */
  readonly quoted: (text: string) => string
  /** Heads an overview. */
  readonly overview: (documents: number) => string
  readonly count: (documents: number) => string
  readonly inCollection: (name: string) => string
  /** A folder's documents beside its folders. */
  readonly besideFolders: string
  readonly moreFolders: (folders: number, documents: number) => string
  readonly more: (members: number) => string
  readonly seeAll: (command: string) => string
  /** A command that finds passages of the members. */
  readonly seeMore: (command: string) => string
  /** `all`: those that were looked through. */
  readonly mentions: (documents: number, all: number, subject: string) => string
  /** Those with the subject in their names and headings come first. */
  readonly about: (documents: number, subject: string, named: number) => string
  readonly noMention: (subject: string) => string
  /** Of several words that no document has next to each other. */
  readonly wordsApart: (documents: number, subject: string) => string
  /** Of a word that no document has, words of the same root. */
  readonly sameRoot: (documents: number, subject: string) => string
  readonly onlyInName: (documents: number, subject: string) => string
  readonly beingIndexed: (documents: number) => string
  /** Not everything was read. */
  readonly notAll: string
  readonly whichDocument: string
  readonly severalDocuments: (documents: number) => string
  readonly moreSections: (sections: number) => string
  readonly author: (document: string, author: string) => string
  readonly date: (document: string, date: string) => string
  /** Of the file alone; the document tells none. */
  readonly fileDate: (document: string, date: string) => string
  readonly version: (document: string, version: string) => string
  readonly length: (document: string, words: number, pages: number | undefined) => string
  readonly writtenBy: (documents: number, author: string) => string
  readonly publishedIn: (documents: number, when: string) => string
  readonly rows: (rows: number, document: string, value: string | undefined) => string
}

/** The web page fills in `{who}` and the like. */
export interface WebPageTexts {
  readonly about: string
  readonly token: string
  readonly tokenHint: string
  readonly enter: string
  readonly question: string
  readonly ask: string
  readonly working: string
  /** Beside an unsure answer. */
  readonly unsure: string
  readonly cached: string
  readonly further: string
  readonly noMore: string
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

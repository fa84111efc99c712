/** Recognises requests about the documents themselves: what there is, which of them mention a word, who wrote one. */
import { LANGUAGES, type Language } from '../domain/language.ts'
import { foldCase } from '../text/fold.ts'
import { REQUEST_KINDS, type RequestKind } from '../text/knowledge.ts'
import { KNOWLEDGE, languageOfWord } from '../text/language.ts'
import { lexemes } from '../text/lexemes.ts'
import {
  endsOf,
  fits,
  type GappedPattern,
  gappedPatternOf,
  gapsIn,
  type Pattern,
  patternOf,
  type SaidWord,
  type Slot,
  saidWords,
} from './patterns.ts'
import { withoutCourtesies } from './small-talk.ts'

/** Which documents, told by their words or by what they are about. */
export interface MentionsRequest {
  readonly kind: 'mentions'
  readonly subject: string
  /** Whether names and headings count before the text: `documents about leave`. */
  readonly isAbout: boolean
  readonly asksCount: boolean
}

/** `isNamed`: the request says that it means a document, so a document of that name is not a chance. */
interface OfDocument {
  /** As the asker names it; undefined for `this document`. */
  readonly document: string | undefined
  /** The same without words such as `report`, which its name may lack; empty if there are no others. */
  readonly bareName: string
  readonly isNamed: boolean
}

export interface SummaryRequest extends OfDocument {
  readonly kind: 'summary'
  /** Whether a summary is asked for in so many words, rather than what something is about. */
  readonly isExplicit: boolean
}

export interface MetadataRequest extends OfDocument {
  readonly kind: 'metadata'
  readonly asked: 'author' | 'date' | 'version' | 'length'
}

export interface RowsRequest {
  readonly kind: 'rows'
  /** `members` of `members in Porto`. */
  readonly things: string
  /** `Porto`; undefined: all of them. */
  readonly value: string | undefined
  readonly asksCount: boolean
}

export type DocumentRequest = { readonly language: Language } & (
  | { readonly kind: 'overview' | 'count' }
  | MentionsRequest
  | SummaryRequest
  | MetadataRequest
  | { readonly kind: 'writtenBy'; readonly author: string }
  | { readonly kind: 'publishedIn'; readonly things: string; readonly when: string }
  | RowsRequest
)

/** UTF-16 code units and words; longer texts are no such request. */
const MAX_REQUEST_CHARACTERS = 240
const MAX_REQUEST_WORDS = 24
/** Words of a name or subject; more are a question of their own. */
const MAX_SUBJECT_WORDS = 8

interface Recognised {
  readonly kind: RequestKind
  readonly pattern: GappedPattern
  /** The slots that a request must fill. */
  readonly needed: readonly Slot[]
}

interface Grammar {
  readonly language: Language
  readonly openings: readonly Pattern[]
  readonly closings: readonly Pattern[]
  readonly patterns: readonly Recognised[]
  readonly papers: Pattern
  readonly thisDocument: Pattern
}

const GRAMMARS: readonly Grammar[] = LANGUAGES.map((language) => {
  const { documentRequests: requests } = KNOWLEDGE[language]
  const { classes } = requests
  const simple = (written: string) => patternOf(written, classes)
  return {
    language,
    openings: requests.openings.map(simple),
    closings: requests.closings.map(simple),
    patterns: REQUEST_KINDS.flatMap((kind) =>
      requests[kind].map((written) => {
        const pattern = gappedPatternOf(written, classes)
        return { kind, pattern, needed: pattern.flat().filter(({ isOptional }) => !isOptional) }
      }),
    ),
    papers: simple('{papers}'),
    thisDocument: simple(requests.thisDocument),
  }
})

/** What is asked about the documents; undefined: it asks for what stands in them. */
export function documentRequestOf(text: string): DocumentRequest | undefined {
  if (text.length > MAX_REQUEST_CHARACTERS) return undefined
  const question = withoutCourtesies(text)
  const all = saidWords(question)
  if (all.length === 0 || all.length > MAX_REQUEST_WORDS) return undefined
  const spoken = new Set(all.map(({ word }) => languageOfWord(word)))
  for (const grammar of GRAMMARS) {
    if (!spoken.has(grammar.language)) continue
    const said = withoutEnds(all, grammar)
    const words = said.map(({ word }) => word)
    const isFilled = remembered((slot: Slot) => words.some((word) => fits(slot, word)))
    for (const { kind, pattern, needed } of grammar.patterns) {
      // Most questions lack a word of every pattern.
      if (!needed.every(isFilled)) continue
      const gaps = gapsIn(pattern, words)
      if (gaps === undefined) continue
      const told = gaps.map(({ start, end }) => writtenAt(question, said.slice(start, end)))
      const request = requestOf(kind, told, grammar)
      if (request !== undefined) return request
    }
  }
  return undefined
}

function remembered<Key>(test: (key: Key) => boolean): (key: Key) => boolean {
  const known = new Map<Key, boolean>()
  return (key) => {
    const before = known.get(key)
    if (before !== undefined) return before
    const found = test(key)
    known.set(key, found)
    return found
  }
}

function withoutEnds(said: readonly SaidWord[], { openings, closings }: Grammar): readonly SaidWord[] {
  let words = said
  for (let at = 0; at < MAX_OPENINGS; at += 1) {
    const typed = words.map(({ word }) => word)
    const longest = Math.max(0, ...openings.flatMap((pattern) => [...endsOf(pattern, typed, 0)]))
    if (longest === 0 || longest === words.length) break
    words = words.slice(longest)
  }
  const typed = words.map(({ word }) => word)
  const from = typed.findIndex(
    (_, at) => at > 0 && closings.some((pattern) => endsOf(pattern, typed, at).has(typed.length)),
  )
  return from === -1 ? words : words.slice(0, from)
}

const MAX_OPENINGS = 2

/** The text of these words with the signs that belong to them: `--max-delete`, `C++`, quotation marks. */
function writtenAt(text: string, words: readonly SaidWord[]): string {
  let start = words[0]?.start ?? 0
  let end = words.at(-1)?.end ?? 0
  while (start > 0 && !/[\s,;:]/u.test(text.charAt(start - 1))) start -= 1
  while (end < text.length && !/[\s,;]/u.test(text.charAt(end))) end += 1
  while (end > start && /[?!.…:]/u.test(text.charAt(end - 1))) end -= 1
  return text.slice(start, end)
}

const OPENING = new Set(`"'«“„‘\`(`)
const CLOSING = new Set(`"'»”“’\`)`)

/** Without quotation marks around it. */
function bare(text: string): string {
  const isQuoted = OPENING.has(text.charAt(0)) && CLOSING.has(text.charAt(text.length - 1))
  return isQuoted && text.length > 2 ? text.slice(1, -1).trim() : text.trim()
}

function requestOf(
  kind: RequestKind,
  told: readonly string[],
  grammar: Grammar,
): DocumentRequest | undefined {
  const { language } = grammar
  const [first = '', second] = told
  switch (kind) {
    case 'overview':
    case 'count':
      return { language, kind }
    case 'mentions':
    case 'countMentions':
    case 'about':
    case 'countAbout': {
      if (!isSubject(first)) return undefined
      const isAbout = kind === 'about' || kind === 'countAbout'
      const asksCount = kind === 'countMentions' || kind === 'countAbout'
      return { language, kind: 'mentions', subject: bare(first), isAbout, asksCount }
    }
    case 'summary':
    case 'contents': {
      const isExplicit = kind === 'summary'
      const named = documentOf(first, grammar)
      if (named === undefined || (!isExplicit && named.document === undefined)) return undefined
      return { language, kind: 'summary', isExplicit, ...named }
    }
    case 'author':
    case 'date':
    case 'dateOfNamed':
    case 'version':
    case 'length': {
      const named = documentOf(first, grammar)
      const needsName = kind !== 'author' && kind !== 'date'
      if (named === undefined || (needsName && !named.isNamed && named.document !== undefined))
        return undefined
      return { language, kind: 'metadata', asked: kind === 'dateOfNamed' ? 'date' : kind, ...named }
    }
    case 'writtenBy':
      return isSubject(first) ? { language, kind, author: bare(first) } : undefined
    case 'publishedIn': {
      const [things, when] = second === undefined ? ['', first] : [first, second]
      return /\p{N}/u.test(when) ? { language, kind, things: bare(things), when } : undefined
    }
    case 'rows':
    case 'rowsList':
    case 'rowsAll': {
      if (!isShort(first) || (second !== undefined && !isShort(second))) return undefined
      const value = second === undefined ? undefined : bare(second)
      return { language, kind: 'rows', things: bare(first), value, asksCount: kind !== 'rowsList' }
    }
  }
}

const isSubject = (text: string): boolean =>
  text.split(/\s+/u).length <= MAX_SUBJECT_WORDS && lexemes(text).length > 0

/** Names and values of rows are no clauses. */
const MAX_ROW_WORDS = 4
const isShort = (text: string): boolean =>
  isSubject(text) && text.split(/\s+/u).length <= MAX_ROW_WORDS && !/[,;:]/u.test(text)

/** `report.md` */
const FILE_NAME = /[\p{L}\p{N}_)-]\.\p{L}[\p{L}\p{N}]{0,4}$/u

/** Undefined if it is no name of a document. */
function documentOf(text: string, grammar: Grammar): OfDocument | undefined {
  if (text === '') return { document: undefined, bareName: '', isNamed: true }
  const written = bare(text)
  const words = saidWords(written).map(({ word }) => word)
  if (words.length === 0 || words.length > MAX_SUBJECT_WORDS) return undefined
  const isOf = (pattern: Pattern, word: string) => pattern.some((slot) => fits(slot, word))
  if (words.every((word) => isOf(grammar.thisDocument, word)))
    return { document: undefined, bareName: '', isNamed: true }
  const isKind = (word: string) => isOf(grammar.papers, word)
  const isNamed = written.split(/\s+/u).some((word) => FILE_NAME.test(bare(word))) || words.some(isKind)
  const bareName = written
    .split(/\s+/u)
    .filter((part) => !isKind(foldCase(part)))
    .join(' ')
  return lexemes(written).length === 0 ? undefined : { document: written, bareName, isNamed }
}

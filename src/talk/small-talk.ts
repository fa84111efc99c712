/** Recognises what people say without asking the documents anything, such as a greeting. */
import { LANGUAGES, type Language } from '../domain/language.ts'
import { anyOf, ofAll } from '../text/all-languages.ts'
import { contentWords } from '../text/content-words.ts'
import { TALK_KINDS, type TalkKind } from '../text/knowledge.ts'
import { KNOWLEDGE } from '../text/language.ts'
import { followUpOf } from './follow-up.ts'
import { isMashed } from './mashed-keys.ts'
import { endsOf, type Pattern, patternOf, wordsOf } from './patterns.ts'

export interface SaidAsTalk {
  readonly kind: TalkKind | 'acknowledged'
  /** Of the words; undefined if it has none. */
  readonly language?: Language
}

/** More words are never small talk. */
const MAX_TALK_WORDS = 14
/** UTF-16 code units; the same. */
const MAX_TALK_CHARACTERS = 160

/** Kinds that refer to what was said before, if anything was. */
const REFERRING: ReadonlySet<SaidAsTalk['kind']> = new Set(['introduction', 'unclear'])

/** `isFirst`: nothing was said before that it may refer to. Undefined: it is a question. */
export function smallTalkOf(text: string, isFirst: boolean): SaidAsTalk | undefined {
  if (text.length > MAX_TALK_CHARACTERS) return undefined
  const words = wordsOf(text)
  if (words.length === 0) return isFirst || !/\?/u.test(text) ? { kind: 'unclear' } : undefined
  if (words.length > MAX_TALK_WORDS) return undefined
  for (const typed of spellings(words)) {
    for (const grammar of GRAMMARS) {
      const kind = kindOf(typed, grammar, isFirst)
      if (kind !== undefined) return { kind, language: grammar.language }
    }
  }
  return isFirst && (isMashed(words) || refersToNothing(text)) ? { kind: 'unclear' } : undefined
}

/**
 * The text without courtesies before and after its question: `Hi! What does it cost? Thanks!` As it is if nothing
 * else is left.
 */
export function withoutCourtesies(text: string): string {
  const parts = (text.slice(0, MAX_COURTESY_CHARACTERS).match(PART) ?? []).filter((part) => part !== '')
  const first = parts.findIndex((part) => !isCourtesy(part))
  if (first === -1) return text
  const isWhole = text.length <= MAX_COURTESY_CHARACTERS
  const last = parts.findLastIndex(
    (part, at) => !isWhole || !isCourtesy(part) || !/[.!?]\s*$/u.test(parts[at - 1] ?? ''),
  )
  const from = parts.slice(0, first).join('').length
  const to = last === parts.length - 1 ? text.length : parts.slice(0, last + 1).join('').length
  return withoutGreeting(from === 0 && to === text.length ? text : text.slice(from, to).trim())
}

/** UTF-16 code units of a question at whose ends courtesies are looked for. */
const MAX_COURTESY_CHARACTERS = 2000

/** With the punctuation after it; a comma ends a greeting too. */
const PART = /[^.,!?;:\n]*[.,!?;:\n]*/gu

const COURTESIES: ReadonlySet<string | undefined> = new Set(['greeting', 'thanks', 'farewell'])
const isCourtesy = (part: string) => !part.includes('?') && COURTESIES.has(smallTalkOf(part, false)?.kind)

/** `hi how do I …`: a greeting without a comma, if a question word follows. */
function withoutGreeting(text: string): string {
  const greeting = GREETING.exec(text)?.[0]
  if (greeting === undefined || NOT_COURTESIES.some((pattern) => endsOf(pattern, wordsOf(text), 0).size > 0))
    return text
  return text.slice(greeting.length)
}

const STARTERS = anyOf(({ followUps }) => followUps.clauseStarters)
const GREETING_WORDS = ofAll(({ smallTalk }) => smallTalk.greeting)
  .filter((pattern) => !/[\s']/u.test(pattern.replace(/ _.*/u, '')))
  .flatMap((pattern) => pattern.replace(/ .*/u, '').split('|'))
const GREETING = new RegExp(`^(?:${GREETING_WORDS.join('|')})\\s+(?=${STARTERS}(?![\\p{L}\\p{N}]))`, 'iu')

interface Grammar {
  readonly language: Language
  readonly patterns: readonly { readonly kind: SaidAsTalk['kind']; readonly pattern: Pattern }[]
  /** All its words: most questions have one that is not among them. */
  readonly vocabulary: ReadonlySet<string>
}

const GRAMMARS: readonly Grammar[] = LANGUAGES.map((language) => {
  const { smallTalk } = KNOWLEDGE[language]
  const patterns = [
    ...TALK_KINDS.flatMap((kind) =>
      smallTalk[kind].map((written) => ({ kind, pattern: patternOf(written) })),
    ),
    ...smallTalk.fillers.map((word) => ({ kind: 'acknowledged' as const, pattern: patternOf(word) })),
  ]
  const vocabulary = new Set(patterns.flatMap(({ pattern }) => pattern.flatMap(({ words }) => [...words])))
  return { language, patterns, vocabulary }
})

const NOT_COURTESIES = ofAll(({ smallTalk }) => smallTalk.notCourtesies).map((phrase) => patternOf(phrase))

/** A text may say several things: of these the last decides. */
const BY_WEIGHT: readonly SaidAsTalk['kind'][] = ['acknowledged', ...TALK_KINDS]
const WEIGHTS = new Map(BY_WEIGHT.map((kind, weight) => [kind, weight]))

/** Undefined: the patterns do not cover all the words. Of several readings it is the one of the least weight. */
function kindOf(
  words: readonly string[],
  grammar: Grammar,
  isFirst: boolean,
): SaidAsTalk['kind'] | undefined {
  if (!words.every((word) => grammar.vocabulary.has(word))) return undefined
  /** By the number of words that are covered. */
  const lightest: (number | undefined)[] = [0]
  for (let start = 0; start < words.length; start += 1) {
    const before = lightest[start]
    if (before === undefined) continue
    for (const { kind, pattern } of grammar.patterns) {
      if (!isFirst && REFERRING.has(kind)) continue
      const weight = Math.max(before, WEIGHTS.get(kind) ?? 0)
      for (const end of endsOf(pattern, words, start)) {
        if (end === start) continue
        lightest[end] = Math.min(lightest[end] ?? weight, weight)
      }
    }
  }
  const weight = lightest[words.length]
  return weight === undefined ? undefined : BY_WEIGHT[weight]
}

/** As typed, without repeated letters (`hiiii`), and on the other keyboard (`ghbdtn`). */
function spellings(words: readonly string[]): readonly (readonly string[])[] {
  const typed = words.join(' ')
  const variants = new Set([
    typed,
    typed.replace(/(\p{L})\1{2,}/gu, '$1'),
    typed.replace(/(\p{L})\1{2,}/gu, '$1$1'),
    onOtherKeyboard(typed),
  ])
  return [...variants].map((variant) => variant.split(' '))
}

const OTHER_KEYS = new Map(ofAll(({ keyboard }) => keyboard).map(([letter, latin]) => [latin, letter]))
const onOtherKeyboard = (typed: string): string =>
  Array.from(typed, (letter) => OTHER_KEYS.get(letter) ?? letter).join('')

/** Words of a question that is nothing but a pronoun and what is asked of it. */
const MAX_PRONOUN_QUESTION_WORDS = 6

/** `how much does it cost?` with nothing before it. */
function refersToNothing(text: string): boolean {
  if (wordsOf(text).length > MAX_PRONOUN_QUESTION_WORDS) return false
  const content = contentWords(text)
  if (content.some(({ kind }) => kind !== 'word')) return false
  const pronoun = followUpOf(text)?.pronoun?.word
  // `IT` is a name.
  return content.length <= 1 && pronoun !== undefined && !/\p{Lu}{2}/u.test(pronoun)
}

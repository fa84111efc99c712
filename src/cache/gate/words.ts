/** Splits a question into comparable words. */
import type { Lexicon, Mood } from '../../text/lexicon.ts'
import { currencyLast, numberOf } from './numbers.ts'

/** Why two questions differ. */
export type QuestionDifference =
  | 'question-word'
  | 'number'
  | 'negation'
  | 'name'
  | 'unit'
  | 'comparison'
  | 'quantifier'
  | 'direction'
  | 'connective'
  | 'person'
  | 'tense'
  | 'voice'
  | 'order'
  | 'content'

export interface Word {
  /** Equal for synonyms. */
  readonly key: string
  readonly kind: Exclude<QuestionDifference, 'tense' | 'voice' | 'order'>
  /** As written, folded. */
  readonly form: string
  /** The preceding preposition. */
  readonly preposition: string
  /** An article, an auxiliary or a punctuation mark precedes the word. */
  readonly first: boolean
}

export interface Question {
  readonly words: readonly Word[]
  /** Tense and mood of the auxiliaries, in order: `past`, `able` … */
  readonly moods: readonly Mood[]
  readonly folded: string
  /** Asks something: not a statement or a list of keywords. */
  readonly asks: boolean
  /** A form of `be` with a participle. */
  readonly passive: boolean
}

const TOKEN =
  /\p{L}[\p{L}\p{M}\p{N}]*(?:['’]\p{L}+)?(?:\+\+|#)?|[\p{N}]+(?:[.,:/-]\p{N}+)*(?:\p{L}+)?|[$€£₽₹%<>=≠≤≥±*^~&+]+|[,;:()«»“”"—–]|!=|-(?=\p{N})|\p{S}/gu

/** `written` must be folded. */
export function readQuestion(written: string, lexicon: Lexicon): Question {
  const shouted = !/\p{Ll}/u.test(written)
  const isTitle = mostlyCapitals(written)
  const names = new Set<string>()
  for (const { 0: token, index } of written.matchAll(TOKEN)) {
    const isAcronym = !shouted && /^\p{Lu}[\p{Lu}\p{N}]+$/u.test(token)
    const isName = !isTitle && index > 0 && /^\p{Lu}/u.test(token) && !lexicon.capitalised.has(token)
    if (isAcronym || isName) names.add(token.toLowerCase())
  }
  let lower = currencyLast(protectAcronyms(written, shouted).toLowerCase())
  for (const [pattern, canonical] of lexicon.phrases) lower = lower.replace(pattern, canonical)
  lower = lower.replace(/\s+/gu, ' ').trim()

  const words: Word[] = []
  const moods: Mood[] = []
  let preposition = ''
  let first = true
  let being = false
  let passive = false
  let asks = written.includes('?')
  const add = (key: string, kind: Word['kind'], form: string) => {
    words.push({ key, kind, form, preposition, first })
    preposition = ''
    first = false
  }
  const tokens = [...lower.matchAll(TOKEN)].map(([token]) => token)
  for (const [index, token] of tokens.entries()) {
    const acronym = token.startsWith(ACRONYM)
    const possessive = token.replace(/'s?$/u, '')
    const form = acronym ? token.slice(ACRONYM.length) : possessive
    if (/^[,;:()«»“”"—–]$/u.test(form)) {
      first = true
      continue
    }
    const number = numberOf(form, lexicon)
    if (number !== undefined) {
      for (const { key, kind } of number) add(key, kind, form)
      continue
    }
    if (!acronym) {
      const asked = lexicon.questions.get(form)
      if (asked !== undefined) {
        add(asked, 'question-word', form)
        asks = true
        first = true
        continue
      }
      const isPerfect = lexicon.perfect.has(form) && tokens.slice(index + 1, index + 4).some(lexicon.isPast)
      const mood = isPerfect ? 'past' : lexicon.helpers.get(form)
      if (mood !== undefined) {
        moods.push(mood)
        asks ||= words.length === 0
        being = lexicon.being.has(form)
        first = true
        continue
      }
      const before = lexicon.prepositions.get(form)
      if (before !== undefined) {
        preposition = preposition === '' ? before : `${preposition} ${before}`
        continue
      }
      const decisive = lexicon.decisive.get(form)
      if (decisive !== undefined) {
        add(decisive[1], decisive[0], form)
        continue
      }
      if (lexicon.empty.has(form)) {
        being ||= lexicon.being.has(form)
        first = true
        continue
      }
    }
    const base = lexicon.baseForm(form)
    const key = lexicon.concepts.get(base) ?? base
    passive ||= being && lexicon.isPast(form)
    being &&= !lexicon.isContinuous(form)
    const symbol = /^[<>=≠≤≥±*^~&+!-]/u.test(form)
    add(key, symbol ? 'unit' : names.has(form) || acronym ? 'name' : 'content', form)
  }
  if (preposition !== '') words.push({ key: '', kind: 'content', form: '', preposition, first: false })
  return { words, moods, folded: /^[\s\S]*[\p{L}\p{N}\p{S}]/u.exec(lower)?.[0] ?? '', asks, passive }
}

/** In a headline, capitals do not indicate names. */
function mostlyCapitals(text: string): boolean {
  const long = text.match(/\p{L}{4,}/gu) ?? []
  return long.length > 2 && long.filter((word) => /^\p{Lu}/u.test(word)).length > 0.8 * long.length
}

/** `US` and `IT` are names, `us` and `it` are pronouns; after a name `I` is a numeral. */
const ACRONYM = 'ʘ'
function protectAcronyms(written: string, shouted: boolean): string {
  if (shouted) return written
  return (
    written
      .replace(/(?<![\p{L}\p{N}])\p{Lu}{2,5}(?![\p{L}\p{N}'])/gu, (word) => ACRONYM + word)
      // Command flags: `-V` is not `-v`.
      .replace(/(?<=(?:^|\s)-)\p{Lu}(?![\p{L}\p{N}])/gu, (letter) => ACRONYM + ACRONYM + letter)
      .replace(/(?<=\p{Lu}\p{Ll}+ )I(?![\p{L}\p{N}'])/gu, `${ACRONYM}I`)
      .replace(/(?<=\p{Ll} )A(?![\p{L}\p{N}'])/gu, `${ACRONYM}A`)
  )
}

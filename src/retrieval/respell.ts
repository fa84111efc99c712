/** Corrects words of a question that neither a document nor the dictionary has, from the words that the documents have. */
import { setImmediate } from 'node:timers/promises'
import type { Principal } from '../domain/principal.ts'
import type { TermSample } from '../ports/store/search.ts'
import type { Store } from '../ports/store/store.ts'
import { termId } from '../text/bm25.ts'
import { foldCase } from '../text/fold.ts'
import { lexemes } from '../text/lexemes.ts'
import { onOtherKeyboard, spellingsOf } from '../text/misspellings.ts'
import { isDictionaryWord } from './dictionary.ts'
import type { ModelGroup } from './models.ts'
import { QUOTATION } from './question.ts'

/** Words of a question that are corrected, longest first. */
const MAX_WORDS = 4
const MIN_LETTERS = 4
const MAX_LETTERS = 24
/** Of shorter words, the first letter is taken to be right. */
const MIN_LETTERS_OF_OTHER_INITIAL = 6
/** Of names, which another name may resemble. */
const MIN_NAME_LETTERS = 6
const NAME_ENDING_LETTERS = 2
const CAPITAL = /^\p{Lu}/u
/** How much a word that stands in e times as many passages is likelier. */
const COMMONNESS = 0.5

export interface SearchedGroup {
  readonly group: ModelGroup
  readonly dimensions: number
}

const WORD = /(?<![\p{L}\p{N}\p{M}_./@:-])\p{L}+(?![\p{L}\p{N}\p{M}_@]|[./:-][\p{L}\p{N}])/gu

/**
 * The question with its misspelt words replaced by those of the documents; undefined if there are none. `isKnown` tells
 * whether some passage has the term. What stands in quotation marks is not touched.
 */
export async function respell(
  store: Store,
  principal: Principal,
  searched: readonly SearchedGroup[],
  question: string,
  isKnown: (term: number) => boolean,
): Promise<string | undefined> {
  const sampled = (terms: readonly number[]) => samples(store, principal, searched, terms)
  return (await onKnownKeyboard(sampled, question, isKnown)) ?? (await respelt(sampled, question, isKnown))
}

type Sampled = (terms: readonly number[]) => Promise<ReadonlyMap<number, TermSample>>

async function samples(
  { index }: Store,
  principal: Principal,
  searched: readonly SearchedGroup[],
  terms: readonly number[],
): Promise<Map<number, TermSample>> {
  const found = await Promise.all(
    searched.map(({ group: { collections, model }, dimensions }) =>
      index.samples(principal, { collections, model, dimensions, terms }),
    ),
  )
  const merged = new Map<number, TermSample>()
  for (const sample of found.flat()) {
    const before = merged.get(sample.term)
    merged.set(sample.term, { ...sample, chunks: sample.chunks + (before?.chunks ?? 0) })
  }
  return merged
}

/** The question as the other keyboard would have typed it, if so a word of it is known, and none as it stands. */
async function onKnownKeyboard(
  sampled: Sampled,
  question: string,
  isKnown: (term: number) => boolean,
): Promise<string | undefined> {
  if (termsOf(question).some(isKnown) || question.match(/\p{L}{3,}/gu)?.some(isDictionaryWord))
    return undefined
  const typed = onOtherKeyboard(question)
  if (typed === undefined) return undefined
  const terms = termsOf(typed)
  const held = await sampled(terms)
  const isHeld = ({ term, text }: TermSample) => termsOf(text).includes(term)
  const known = [...held.values()].filter(isHeld)
  return known.length > 0 && 2 * known.length >= terms.length ? typed : undefined
}

const termsOf = (text: string): number[] => [...new Set(lexemes(text).map(termId))]

async function respelt(
  sampled: Sampled,
  question: string,
  isKnown: (term: number) => boolean,
): Promise<string | undefined> {
  const quoted = Array.from(question.matchAll(QUOTATION), ({ 0: text, index }) => ({
    start: index,
    end: index + text.length,
  }))
  const unknown = Array.from(question.matchAll(WORD), ({ 0: text, index }) => ({ text, start: index }))
    .filter(({ text, start }) => {
      const terms = termsOf(text)
      return (
        text.length >= MIN_LETTERS &&
        text.length <= MAX_LETTERS &&
        terms.length > 0 &&
        !terms.some(isKnown) &&
        !isDictionaryWord(text) &&
        !quoted.some((quotation) => quotation.start <= start && start < quotation.end)
      )
    })
    .toSorted((one, other) => other.text.length - one.text.length)
    .slice(0, MAX_WORDS)
  const corrections: { start: number; end: number; word: string }[] = []
  for (const { text, start } of unknown) {
    const isName = start > 0 && CAPITAL.test(text)
    const word = await likeliest(sampled, text, isName)
    if (word !== undefined) corrections.push({ start, end: start + text.length, word })
    await setImmediate()
  }
  if (corrections.length === 0) return undefined
  return corrections
    .toSorted((one, other) => other.start - one.start)
    .reduce((text, { start, end, word }) => text.slice(0, start) + word + text.slice(end), question)
}

/** The word of the documents that is likeliest to have been meant. */
async function likeliest(sampled: Sampled, written: string, isName: boolean): Promise<string | undefined> {
  const word = foldCase(written)
  if (isName && word.length < MIN_NAME_LETTERS) return undefined
  const isLong = word.length >= MIN_LETTERS_OF_OTHER_INITIAL
  const spellings = spellingsOf(word).filter(
    (spelling) =>
      (isLong || spelling.word.startsWith(word.charAt(0))) && (!isName || mayBeTheName(word, spelling.word)),
  )
  const terms = new Map<number, number>()
  for (const { word, likelihood } of spellings) {
    const [lexeme, ...others] = lexemes(word)
    if (lexeme === undefined || others.length > 0) continue
    const term = termId(lexeme)
    terms.set(term, Math.max(likelihood, terms.get(term) ?? Number.NEGATIVE_INFINITY))
  }
  const held = await sampled([...terms.keys()])
  const words = new Map(spellings.map((spelling) => [spelling.word, spelling.likelihood]))
  const [best] = Array.from(held.values(), ({ term, chunks, text }) => ({
    score: (terms.get(term) ?? 0) + COMMONNESS * Math.log(chunks),
    word: wordIn(text, term, words),
  }))
    .filter(({ word }) => word !== undefined)
    .toSorted((one, other) => other.score - one.score)
  return best?.word
}

/** The likeliest of these words that the text has with this term. Terms are hashes: there may be none. */
function wordIn(text: string, term: number, likely: ReadonlyMap<string, number>): string | undefined {
  const having = new Set<string>()
  for (const [written] of text.matchAll(WRITTEN)) {
    const word = foldCase(written)
    if (likely.has(word) && lexemes(word).some((lexeme) => termId(lexeme) === term)) having.add(word)
  }
  const [best] = [...having].toSorted((one, other) => (likely.get(other) ?? 0) - (likely.get(one) ?? 0))
  return best
}

const WRITTEN = /[\p{L}\p{M}]+/gu

/** `Petrov` is not `Petrova`, and `Anna` not `Hanna`. */
const mayBeTheName = (written: string, other: string): boolean =>
  other.startsWith(written.slice(0, 1)) && other.endsWith(written.slice(-NAME_ENDING_LETTERS))

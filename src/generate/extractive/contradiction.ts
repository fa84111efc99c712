/**
 * Two documents that give one question different values: both are shown. What is merely about the same is no
 * contradiction, and one that is missed does less harm than one that is invented.
 */
import { CONTRADICTION_MARGIN } from '../../../models/calibration.ts'
import { ofAll } from '../../text/all-languages.ts'
import { contentWords, roots } from '../../text/content-words.ts'
import { detectLanguage } from '../../text/language.ts'
import { areDifferentThings, type Said, thingsAsked } from '../editions/things.ts'
import { expectedAnswer } from './expected.ts'
import type { RankedSentence } from './relevance.ts'

/** Share of the question's words that both statements have, each with its heading. */
const MIN_ASKED_SHARE = 0.6
/** Of these words of the best statement, the share that the other one has. */
const MIN_COMMON_SHARE = 0.7
/** Dice's coefficient of the words of two statements without their values: with other numbers, with other names. */
const MIN_LIKENESS = { numbers: 0.6, names: 0.65 }
/** A sentence with more values says several things. */
const MAX_VALUES = 2

/**
 * The best sentence of another document that says the same with another value. Undefined when the documents agree,
 * or speak of different things.
 */
export function contradictionOf(
  question: string,
  ranked: readonly RankedSentence[],
): RankedSentence | undefined {
  const [best, ...others] = ranked
  if (best === undefined) return undefined
  const asked = roots(question)
  const things = thingsAsked(question)
  const named = contentWords(question).filter(({ kind }) => kind !== 'word')
  const said = statementOf(best, asked)
  const asksDate = expectedAnswer(question) === 'date'
  return others.find((other) => {
    if (other.candidate.passage.document === best.candidate.passage.document) return false
    if (!comparable(best.candidate.text, other.candidate.text)) return false
    if (other.features.similarity < best.features.similarity - CONTRADICTION_MARGIN) return false
    const also = statementOf(other, asked)
    const isOfAnother = named.some(({ root }) => said.about.has(root) && !also.about.has(root))
    const isOfOther = isOfAnother || areDifferentThings(things, saidBy(best), saidBy(other))
    return !isOfOther && contradict(said, also, asked, asksDate)
  })
}

const saidBy = ({ candidate: { text, context, passage } }: RankedSentence): Said => ({
  text,
  about: `${passage.title}. ${context}`,
})

/** Rows of tables say too little alone, and another language has other words for the same. */
const comparable = (a: string, b: string) =>
  !a.includes('|') && !b.includes('|') && detectLanguage(a) === detectLanguage(b)

interface Statement {
  /** The question's words that it or its heading has. */
  readonly about: ReadonlySet<string>
  readonly words: ReadonlySet<string>
  /** Years that the question does not have. */
  readonly years: ReadonlySet<string>
  /** Other numbers that the question does not have, by the word right behind them, if any: `14` by `day`. */
  readonly numbers: ReadonlyMap<string, string>
  readonly names: ReadonlySet<string>
}

function statementOf({ candidate }: RankedSentence, asked: ReadonlySet<string>): Statement {
  const said = contentWords(candidate.text)
  const around = roots(`${candidate.context} ${candidate.text}`)
  const numbers = [...candidate.text.matchAll(NUMBER)]
    .map(([, digits = '', unit = '']) => ({ value: digits.replace(/[, ]/gu, ''), unit: rootOf(unit) }))
    .filter(({ value }) => !asked.has(value))
  return {
    about: new Set([...asked].filter((root) => around.has(root))),
    words: new Set(said.filter(({ kind }) => kind === 'word').map(({ root }) => root)),
    years: new Set(numbers.filter(isYear).map(({ value }) => value)),
    numbers: new Map(
      numbers.filter((number) => !isYear(number)).map(({ value, unit }) => [unit, value] as const),
    ),
    names: new Set(
      said.filter(({ kind, root }) => kind === 'name' && !asked.has(root)).map(({ root }) => root),
    ),
  }
}

const NUMBER =
  /(?<![\p{L}\p{N}])(\p{N}+(?:[., \u00a0\u202f]\p{N}{3})*(?:[.,:]\p{N}+)?)(?:[\s-]?([\p{L}%°]+))?/gu
const YEAR_UNITS = new Set(
  ofAll(({ answerWords }) => (answerWords.yearUnit === undefined ? [] : [answerWords.yearUnit])),
)
const YEAR = /^(?:1\d|20)\d\d$/u

const isYear = ({ value, unit }: { readonly value: string; readonly unit: string }) =>
  YEAR.test(value) && (unit === '' || YEAR_UNITS.has(unit))

const rootOf = (word: string) => contentWords(word)[0]?.root ?? (/[%°]/u.test(word) ? word : '')

function contradict(a: Statement, b: Statement, asked: ReadonlySet<string>, asksDate: boolean): boolean {
  const about = Math.min(a.about.size, b.about.size)
  if (about < MIN_ASKED_SHARE * asked.size || common(a.about, b.about) < MIN_COMMON_SHARE * a.about.size)
    return false
  const likeness = (2 * common(a.words, b.words)) / Math.max(1, a.words.size + b.words.size)
  const isOther = common(a.years, b.years) === 0 && a.years.size > 0 && b.years.size > 0
  if (asksDate && isOther) {
    return likeness >= MIN_LIKENESS.numbers && a.years.size + b.years.size === 2
  }
  // At another time another value is right.
  if (a.years.size + b.years.size > 0) return false
  if (a.numbers.size > 0 && b.numbers.size > 0) {
    if (likeness < MIN_LIKENESS.numbers || Math.max(a.numbers.size, b.numbers.size) > MAX_VALUES) return false
    const units = [...a.numbers.keys()].filter((unit) => b.numbers.has(unit))
    return units.length > 0 && units.every((unit) => a.numbers.get(unit) !== b.numbers.get(unit))
  }
  if (likeness < MIN_LIKENESS.names) return false
  return a.names.size > 0 && b.names.size > 0 && common(a.names, b.names) === 0
}

const common = (a: ReadonlySet<string>, b: ReadonlySet<string>) => [...a].filter((item) => b.has(item)).length

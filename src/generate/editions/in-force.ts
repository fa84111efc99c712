/**
 * Of statements that say the same of the same thing, the one that counts: the newest, unless the question names another
 * time or version. What is quoted, crossed out, superseded or rejected never counts while something else does.
 */
import type { Excerpt } from '../../domain/block.ts'
import { contentWords, roots } from '../../text/content-words.ts'
import { detectLanguage } from '../../text/language.ts'
import { expectedAnswer, offers } from '../extractive/expected.ts'
import { type AskedTime, askedTime, rootsWithoutTime } from './asked-time.ts'
import {
  compareDates,
  compareDatings,
  type Dating,
  datingOf,
  nameWithoutDate,
  titleWithoutDate,
} from './dating.ts'
import { areDifferentThings, type Said, thingsAsked } from './things.ts'

export interface Statement extends Said {
  readonly excerpt: Excerpt
  readonly headings: readonly string[]
  readonly score: number
  readonly standing: Standing
  /** Whether it is a header of a message and the like, which has no versions. */
  readonly isField: boolean
}

/** `void`: crossed out, superseded or rejected, so not worth a mention. */
export type Standing = 'own' | 'quoted' | 'void'

export interface InForce<Item> {
  readonly chosen: Item
  /** The other versions of the same statement. */
  readonly replaced: readonly Item[]
  /** Of these, the newest that says something else, where what was true before is worth a mention. */
  readonly earlier: Item | undefined
  /** Whether it is of the time that the question names. */
  readonly isOfTime: boolean
}

/** Dice's coefficient of the words of two statements that are versions of one. */
const MIN_LIKENESS = 0.55
/** From this likeness on only the values differ: a year in the question then decides the scores, not what is said. */
const SAME_TEXT = 0.85
/** Share of `gap` by which a statement in other words may be worse. */
const OTHER_WORDS = 0.6

/**
 * `ranked`: best first. `gap`: how much worse than the best one the statement that counts may score. Undefined if the
 * best one has no other versions.
 */
export function inForce<Item>(
  question: string,
  ranked: readonly Item[],
  statementOf: (item: Item) => Statement,
  gap: number,
): InForce<Item> | undefined {
  const [best] = ranked
  if (best === undefined) return undefined
  const asked = rootsWithoutTime(question)
  const first = statementOf(best)
  const versions = ranked
    .map((item) => ({ item, statement: statementOf(item) }))
    .filter(({ item, statement }) => item === best || isVersion(question, asked, first, statement, gap))
    .map((version) => ({ ...version, dating: datedStanding(version.statement) }))
    .toSorted((a, b) => compareDatings(b.dating, a.dating) ?? 0)
  if (versions.length < 2) return undefined
  const time = askedTime(question)
  const picked = pick(versions, time)
  const chosen = picked ?? versions.at(-1)
  if (chosen === undefined) return undefined
  const older = versions.slice(versions.indexOf(chosen) + 1)
  const earlier = older.find(
    (version) =>
      isOlder(version, chosen) &&
      version.statement.standing !== 'void' &&
      saysOtherwise(asked, version.statement.text, chosen.statement.text),
  )
  return {
    chosen: chosen.item,
    replaced: versions.filter((version) => version !== chosen).map(({ item }) => item),
    earlier: time.kind === 'newest' ? earlier?.item : undefined,
    isOfTime: picked !== undefined,
  }
}

interface Version {
  readonly dating: Dating
  readonly statement: Statement
}

/** `versions`: newest first. Undefined if none is of that time. */
function pick<Of extends Version>(versions: readonly Of[], time: AskedTime): Of | undefined {
  const [newest] = versions
  const dated = versions
    .filter(({ dating }) => dating.period !== undefined || dating.version !== undefined)
    .toSorted((a, b) => compareDates(b.dating, a.dating) ?? 0)
  switch (time.kind) {
    case 'newest':
      return newest
    case 'oldest':
      return dated.at(-1) ?? versions.at(-1)
    case 'older':
      return versions.find((version) => newest !== undefined && isOlder(version, newest)) ?? newest
    case 'version': {
      const { version: wanted, isBefore } = time
      const order = ({ dating }: Of) => compareTo(dating, wanted)
      const found = dated.find((one) => (isBefore ? (order(one) ?? 0) < 0 : order(one) === 0))
      return found ?? (dated.some((one) => order(one) !== undefined) ? undefined : newest)
    }
    case 'period': {
      const { period, isBefore, isCertain } = time
      const said = versions.find(({ statement }) => !isBefore && isSaidOf(statement.text, period.from))
      if (said !== undefined) return said
      const isNamed = ({ dating }: Of) =>
        dating.named.some(({ from, to }) => from <= period.to && period.from <= to)
      const named = isBefore ? undefined : dated.find(isNamed)
      if (named !== undefined) return named
      const limit = isBefore ? period.from - 1 : period.to
      const found = dated.find(({ dating }) => dating.period !== undefined && dating.period.from <= limit)
      return found ?? (isCertain && dated.length > 0 ? undefined : newest)
    }
  }
}

const isOlder = (version: Version, than: Version): boolean =>
  (compareDatings(version.dating, than.dating) ?? 0) < 0

/** Whether a text names a year itself: it is then told of that year, whenever it was written. */
const isSaidOf = (text: string, from: number): boolean => roots(text).has(String(Math.floor(from / 1e8)))

const compareTo = ({ version }: Dating, wanted: readonly number[]): number | undefined => {
  if (version === undefined) return undefined
  const at = wanted.findIndex((part, index) => (version[index] ?? part) !== part)
  return at < 0 ? 0 : (version[at] ?? 0) - (wanted[at] ?? 0)
}

const datedStanding = ({ excerpt, headings, standing }: Statement): Dating => {
  const dating = datingOf(excerpt, headings)
  return { ...dating, isOutdated: dating.isOutdated || standing !== 'own' }
}

/** Negative if `a` counts less than `b`; undefined if nothing tells. */
export const compareStatements = (a: Statement, b: Statement): number | undefined =>
  compareDatings(datedStanding(a), datedStanding(b))

/** Whether `other` is an older or newer version of what `best` says. */
function isVersion(
  question: string,
  asked: ReadonlySet<string>,
  best: Statement,
  other: Statement,
  gap: number,
): boolean {
  if (best.isField || other.isField || other.score < best.score - 2 * gap) return false
  if (compareStatements(best, other) === undefined) return false
  const alike = likeness(best.text, other.text)
  const widest = alike >= SAME_TEXT ? 2 * gap : gap
  if (other.score < best.score - widest || !isSameLanguage(best.text, other.text)) return false
  const isLess = offered(question, best) > 0 && offered(question, other) <= 0
  if (isLess || areDifferentThings(thingsAsked(question), best, other)) return false
  const held = [best, other].map(({ text, about }) => roots(`${about} ${text}`))
  const [own, others] = held.map((words) => [...asked].filter((root) => words.has(root)))
  // An answer need not repeat what the message it answers asked for.
  const isReply = best.standing === 'quoted' && best.excerpt === other.excerpt && offered(question, other) > 0
  if (own === undefined || others === undefined) return false
  const isOfAll = own.every((root) => others.includes(root)) && (own.length > 0 || alike >= SAME_TEXT)
  if (!isOfAll && !(isReply && others.length > 0)) return false
  if (alike >= MIN_LIKENESS) return true
  // In other words, few of the question's words do not tell that both answer it.
  if (2 * own.length < asked.size) return false
  return isSameFamily(best.excerpt, other.excerpt) && other.score >= best.score - OTHER_WORDS * gap
}

/** Whether it holds a date or an amount if the question asks for one. */
function offered(question: string, { text }: Statement): number {
  const expected = expectedAnswer(question)
  if (expected !== 'date' && expected !== 'quantity') return 0
  const asked = roots(question)
  return offers(
    expected,
    text,
    contentWords(text).filter(({ root }) => !asked.has(root)),
  )
}

/** Editions of one document, by its name or title. */
export function isSameFamily(a: Excerpt, b: Excerpt): boolean {
  const isSame = (nameOf: (excerpt: Excerpt) => string) => nameOf(a) !== '' && nameOf(a) === nameOf(b)
  return a === b || isSame(nameWithoutDate) || isSame(titleWithoutDate)
}

/** Rows and short labels have too few letters to tell. */
const isSameLanguage = (a: string, b: string): boolean => detectLanguage(a) === detectLanguage(b)

function likeness(a: string, b: string): number {
  const [left, right] = [a, b].map(
    (text) => new Set(contentWords(text).flatMap(({ root, kind }) => (kind === 'number' ? [] : [root]))),
  )
  if (left === undefined || right === undefined) return 0
  const common = [...left].filter((root) => right.has(root)).length
  return (2 * common) / Math.max(1, left.size + right.size)
}

function saysOtherwise(asked: ReadonlySet<string>, a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) =>
    [...roots(text)]
      .filter((root) => !asked.has(root))
      .sort()
      .join(' '),
  )
  return left !== right
}

/** Which time or version a question asks about. */
import { roots } from '../../text/content-words.ts'
import { datesIn, type Period, versionsIn } from '../../text/dates.ts'
import { PATTERNS, words } from './patterns.ts'

export type AskedTime =
  /** Also where the question says nothing of it. */
  | { readonly kind: 'newest' }
  | { readonly kind: 'older' }
  | { readonly kind: 'oldest' }
  | { readonly kind: 'version'; readonly version: readonly number[]; readonly isBefore: boolean }
  | {
      readonly kind: 'period'
      readonly period: Period
      readonly isBefore: boolean
      /** False for a number that may be something else than a year. */
      readonly isCertain: boolean
    }

export function askedTime(question: string): AskedTime {
  const [version] = versionsIn(question)
  if (version !== undefined)
    return {
      kind: 'version',
      version: version.version,
      isBefore: BEFORE.test(question.slice(0, version.start)),
    }
  const [date] = datesIn(question)
  if (date !== undefined) {
    const before = question.slice(0, date.start)
    const isBefore = BEFORE.test(before)
    const isCertain =
      !date.isBareYear || isBefore || PATTERNS.within.test(before) || YEARS.test(question.slice(date.end))
    return { kind: 'period', period: date.period, isBefore, isCertain }
  }
  if (PATTERNS.newest.test(question)) return { kind: 'newest' }
  if (PATTERNS.oldest.test(question)) return { kind: 'oldest' }
  return PATTERNS.older.test(question) ? { kind: 'older' } : { kind: 'newest' }
}

/** The roots of a question's words without those that only tell the time or version. */
export function rootsWithoutTime(question: string): ReadonlySet<string> {
  let rest = question
  for (const { start, end } of [...datesIn(question), ...versionsIn(question)].toSorted(
    (a, b) => b.start - a.start,
  ))
    rest = `${rest.slice(0, start)} ${rest.slice(Math.max(start, end))}`
  const found = roots(rest.replace(PATTERNS.time, ' '))
  return found.size > 0 ? found : roots(question)
}

const BEFORE = new RegExp(`${words(({ dating }) => dating.before)}[^\\p{L}\\p{N}]{1,3}(?:the )?$`, 'iu')
const YEARS = new RegExp(`^[ \\u00a0]?${words(({ dating }) => dating.years)}`, 'iu')

/** Dates and versions as people write them in documents, file names and questions. */
import type { Span } from '../domain/document.ts'
import { anyOf, asWord } from './all-languages.ts'
import { KNOWLEDGE } from './language.ts'

/** First and last minute, as decimal digits that compare like numbers: 202405010000 to 202405012359. */
export interface Period {
  readonly from: number
  readonly to: number
}

/** A date in a text. */
export interface WrittenDate extends Span {
  readonly period: Period
  /** Whether only a number tells that it may be a year. */
  readonly isBareYear: boolean
}

/** The dates of `text`, not overlapping, in its order. */
export function datesIn(text: string): WrittenDate[] {
  const found: WrittenDate[] = []
  for (const { pattern, read } of FORMS) {
    for (const match of text.matchAll(pattern)) {
      const start = match.index
      const end = start + match[0].length
      if (found.some((date) => start < date.end && date.start < end)) continue
      const period = read(match.slice(1))
      if (period !== undefined) found.push({ start, end, period, isBareYear: pattern === YEAR })
    }
  }
  return found.sort((a, b) => a.start - b.start)
}

/** A version in a text: `[2, 1]` for `v2.1`. */
export interface WrittenVersion extends Span {
  readonly version: readonly number[]
}

/** The versions that `text` names by a word: `v2`, `Version 2.1`, `the second edition`, not a bare number. */
export const versionsIn = (text: string): WrittenVersion[] =>
  Array.from(text.matchAll(VERSION), ({ 0: written, index, groups = {} }) => ({
    start: index,
    end: index + written.length,
    version: [groups.number, groups.count].some(Boolean)
      ? (groups.number ?? groups.count ?? '').split('.').map(Number)
      : [1 + ORDINALS.findIndex((ordinal) => ordinal.test(groups.ordinal ?? ''))],
  }))

/** Negative if `a` is older; 0 for `2` and `2.1`, which do not exclude each other. */
export function compareVersions(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((part, index) => b[index] !== undefined && part !== b[index])
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0)
}

const languages = Object.values(KNOWLEDGE)
const MONTHS = Array.from(
  { length: 12 },
  (_, month) => new RegExp(`^${anyOf(({ dating }) => dating.months.slice(month, month + 1))}$`, 'iu'),
)
const ORDINALS = Array.from(
  { length: Math.max(...languages.map(({ dating }) => dating.ordinals.length)) },
  (_, at) => new RegExp(`^${anyOf(({ dating }) => dating.ordinals.slice(at, at + 1))}$`, 'iu'),
)

const month = anyOf(({ dating }) => dating.months)
const ofYear = `,?[ \\u00a0]{1,2}((?:1\\d|20)\\d\\d)(?!\\d)`
const YEAR = /(?<!\d|\d[.,:/-])((?:19|20)\d\d)(?!\d|[.,:]\d)/gu

/** The more exact ones first. */
const FORMS: readonly {
  readonly pattern: RegExp
  readonly read: (parts: readonly string[]) => Period | undefined
}[] = [
  {
    pattern: /(?<!\d)((?:19|20)\d\d)[-_/.](\d\d)[-_/.](\d\d)(?:[T ](\d\d):(\d\d))?(?!\d)/gu,
    read: ([y, m, d, hours, minutes]) => day(y, m, d, hours, minutes),
  },
  { pattern: /(?<!\d)((?:19|20)\d\d)(\d\d)(\d\d)(?!\d)/gu, read: ([y, m, d]) => day(y, m, d) },
  { pattern: /(?<![\d.])(\d{1,2})\.(\d{1,2})\.(\d{4})(?!\d)/gu, read: ([d, m, y]) => day(y, m, d) },
  {
    pattern: new RegExp(
      `(?<!\\d)(\\d{1,2})(?:st|nd|rd|th)?[ \\u00a0](?:of )?${asWord(`(${month})`)}\\.?${ofYear}`,
      'giu',
    ),
    read: ([d, name, y]) => day(y, monthOf(name), d),
  },
  {
    pattern: new RegExp(`${asWord(`(${month})`)}\\.?[ \\u00a0](\\d{1,2})(?:st|nd|rd|th)?${ofYear}`, 'giu'),
    read: ([name, d, y]) => day(y, monthOf(name), d),
  },
  {
    pattern: new RegExp(`${asWord(`(${month})`)}\\.?${ofYear}`, 'giu'),
    read: ([name, y]) => wholeMonth(y, monthOf(name)),
  },
  {
    pattern: /(?<!\d|\d[.,:/-])((?:19|20)\d\d)[-_](0[1-9]|1[0-2])(?![\d-])/gu,
    read: ([y, m]) => wholeMonth(y, m),
  },
  { pattern: YEAR, read: ([y]) => ({ from: Number(y) * 1e8, to: Number(y) * 1e8 + 99999999 }) },
]

const monthOf = (name = ''): string => String(1 + MONTHS.findIndex((one) => one.test(name)))

function day(y = '', m = '', d = '', hours?: string, minutes?: string): Period | undefined {
  if (Number(m) < 1 || Number(m) > 12 || Number(d) < 1 || Number(d) > 31) return undefined
  const start = Number(y) * 1e8 + Number(m) * 1e6 + Number(d) * 1e4
  if (hours === undefined) return { from: start, to: start + 2359 }
  const minute = start + Number(hours) * 100 + Number(minutes)
  return { from: minute, to: minute }
}

function wholeMonth(y = '', m = ''): Period | undefined {
  const start = Number(y) * 1e8 + Number(m) * 1e6
  return Number(m) < 1 ? undefined : { from: start, to: start + 999999 }
}

const versionWord = anyOf(({ dating }) => dating.versionWords)
const ordinal = anyOf(({ dating }) => dating.ordinals)
const NUMBER = '\\d{1,4}(?:\\.\\d{1,4}){0,3}'
const VERSION = new RegExp(
  `(?<![\\p{L}\\p{N}])(?:v|(?:${versionWord})[.:]?[ _-]?(?:(?:no|№)\\.? ?)?)(?<number>${NUMBER})(?![\\p{L}\\p{N}])` +
    `|(?<![\\p{L}\\p{N}])(?:(?<ordinal>${ordinal})|(?<count>\\d{1,2})(?:st|nd|rd|th|-?[\\p{Script=Cyrillic}]{1,3}))[ -](?:${versionWord})(?![\\p{L}\\p{N}])`,
  'giu',
)

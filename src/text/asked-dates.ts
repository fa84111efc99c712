/** Dates by which people name documents, often without a year: `2025-04-11`, `11.04.2025`, `11 April 2025`, `April 11`, `June 2025`, `2025`. */
import { ofAll } from './all-languages.ts'

export interface WrittenDate {
  readonly year?: number | undefined
  /** 1 to 12. */
  readonly month?: number | undefined
  readonly day?: number | undefined
}

export interface FoundDate {
  readonly date: WrittenDate
  /** As it is written. */
  readonly text: string
}

const MONTHS = Array.from({ length: 12 }, (_, month) =>
  ofAll(({ dating }) => dating.months.slice(month, month + 1)).join('|'),
)
const MONTH = MONTHS.map((names) => `(?:${names})`).join('|')
const YEAR = '(?:1[5-9]|20|21)\\d\\d'
const EDGE = '(?<![\\p{L}\\p{N}])'
const END = '(?![\\p{L}\\p{N}])'

const DATE = new RegExp(
  [
    `${EDGE}(?<isoYear>${YEAR})[-_.](?<isoMonth>\\d\\d)(?:[-_.](?<isoDay>\\d\\d))?${END}`,
    `${EDGE}(?<day>\\d{1,2})[./](?<number>\\d{1,2})[./](?<year>${YEAR})${END}`,
    `${EDGE}(?<dayBefore>\\d{1,2})(?:st|nd|rd|th)?(?: of)? (?<monthAfter>${MONTH})\\.?,?(?: (?<yearLast>${YEAR}))?${END}`,
    `${EDGE}(?<monthFirst>${MONTH})\\.?(?: (?<dayAfter>\\d{1,2})(?:st|nd|rd|th)?${END},?)?(?: (?<yearEnd>${YEAR}))?${END}`,
    `${EDGE}(?<onlyYear>${YEAR})${END}`,
  ].join('|'),
  'giu',
)

/** Dates of one text that are read. */
const MAX_DATES = 20

export function datesIn(text: string): FoundDate[] {
  return Array.from(text.matchAll(DATE))
    .slice(0, MAX_DATES)
    .flatMap(({ 0: written, groups = {} }) => {
      const date = {
        year: numberOf(groups.isoYear ?? groups.year ?? groups.yearLast ?? groups.yearEnd ?? groups.onlyYear),
        month: numberOf(groups.isoMonth ?? groups.number) ?? monthOf(groups.monthAfter ?? groups.monthFirst),
        day: numberOf(groups.isoDay ?? groups.day ?? groups.dayBefore ?? groups.dayAfter),
      }
      const isDate = (date.month ?? 1) <= 12 && (date.month ?? 1) > 0 && (date.day ?? 1) <= 31
      // `may` alone is a word.
      return isDate && (date.year !== undefined || date.day !== undefined) ? [{ date, text: written }] : []
    })
}

const numberOf = (digits: string | undefined): number | undefined =>
  digits === undefined ? undefined : Number(digits)

const MONTH_NAMES = MONTHS.map((names) => new RegExp(`^(?:${names})$`, 'iu'))

function monthOf(name: string | undefined): number | undefined {
  if (name === undefined) return undefined
  const at = MONTH_NAMES.findIndex((names) => names.test(name))
  return at < 0 ? undefined : at + 1
}

/** Whether `date` says nothing else than `asked`, and all of it. */
export const isWithin = (date: WrittenDate, asked: WrittenDate): boolean =>
  (asked.year === undefined || asked.year === date.year) &&
  (asked.month === undefined || asked.month === date.month) &&
  (asked.day === undefined || asked.day === date.day)

/** From its beginning to its end; undefined without a year. */
export function rangeOf({ year, month, day }: WrittenDate): { from: Date; before: Date } | undefined {
  if (year === undefined) return undefined
  const from = new Date(Date.UTC(year, (month ?? 1) - 1, day ?? 1))
  const before =
    day !== undefined
      ? new Date(Date.UTC(year, (month ?? 1) - 1, day + 1))
      : month !== undefined
        ? new Date(Date.UTC(year, month, 1))
        : new Date(Date.UTC(year + 1, 0, 1))
  return { from, before }
}

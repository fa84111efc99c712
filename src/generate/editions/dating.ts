/** When a document, or a section of one, was made or came into force, and whether it still counts. */
import type { Excerpt } from '../../domain/block.ts'
import { anyOf } from '../../text/all-languages.ts'
import { compareVersions, datesIn, type Period, versionsIn } from '../../text/dates.ts'
import { PATTERNS } from './patterns.ts'

export interface Dating {
  readonly period: Period | undefined
  readonly version: readonly number[] | undefined
  /** Dates in its name or title: `Tariff 2025` is that of 2025, even if it was written in 2024. */
  readonly named: readonly Period[]
  /** Whether it is marked as old, superseded or rejected. */
  readonly isOutdated: boolean
}

/** `headings`: of a section, innermost last; a date there stands before that of the document. */
export function datingOf(excerpt: Excerpt, headings: readonly string[] = []): Dating {
  const sections = headings.filter((heading) => heading !== excerpt.title)
  const own = datesOf(sections).at(-1)
  const ownVersion = versionsIn(sections.join('\n')).at(-1)?.version
  const document = ofDocument(excerpt)
  return {
    period: own ?? document.period,
    version: ownVersion ?? (own === undefined ? document.version : undefined),
    named: own === undefined ? document.named : [own],
    isOutdated: document.isOutdated || sections.some(isMarkedOutdated),
  }
}

/** Negative if `a` is older than `b`; undefined if nothing tells. */
export function compareDatings(a: Dating, b: Dating): number | undefined {
  if (a.isOutdated !== b.isOutdated) return a.isOutdated ? -1 : 1
  return compareDates(a, b)
}

/** The same by dates and versions alone. */
export function compareDates(a: Dating, b: Dating): number | undefined {
  if (a.period !== undefined && b.period !== undefined) {
    if (a.period.to < b.period.from) return -1
    if (b.period.to < a.period.from) return 1
  }
  if (a.version === undefined || b.version === undefined) return undefined
  return compareVersions(a.version, b.version) || undefined
}

/** The name of the file without what tells editions apart: equal for `tariff-2022.md` and `tariff-2024.md`. */
export const nameWithoutDate = ({ uri }: Excerpt): string => bare(fileName(uri))

/** The same of the title. */
export const titleWithoutDate = ({ title }: Excerpt): string => bare(title)

export const fileName = (uri: string): string => uri.split('/').at(-1) ?? uri

const OF_STATUS = new RegExp(`^${anyOf(({ dating }) => dating.fieldsOfStatus)}$`, 'iu')
const OF_FORCE = new RegExp(
  anyOf(({ dating }) => dating.fieldsOfForce),
  'iu',
)
const OF_DATE = new RegExp(
  anyOf(({ dating }) => dating.fieldsOfDate),
  'iu',
)
const OF_VERSION = new RegExp(`^${anyOf(({ dating }) => dating.versionWords)}$`, 'iu')

const plainName = (name: string): string =>
  name
    .replace(/\.\p{L}{1,8}$/u, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

const isMarkedOutdated = (title: string): boolean => PATTERNS.outdatedAtAnEnd.test(plainName(title))

function bare(name: string): string {
  let text = name.replace(/\.\p{L}{1,8}$/u, '')
  for (const { start, end } of [...datesIn(text), ...versionsIn(text)].toSorted((a, b) => b.start - a.start))
    text = `${text.slice(0, start)} ${text.slice(Math.max(start, end))}`
  return text
    .replace(PATTERNS.outdated, ' ')
    .replace(/[^\p{L}]+/gu, ' ')
    .trim()
    .toLowerCase()
}

/** What tells the edition of each document, which its text may not say: by document. */
export const datingWords = (excerpts: readonly Excerpt[]): ReadonlyMap<string, string> =>
  new Map(
    excerpts.map((excerpt) => {
      const { period, version = [], named } = datingOf(excerpt)
      const years = [period, ...named].flatMap((one) =>
        one === undefined ? [] : [Math.floor(one.from / 1e8)],
      )
      return [excerpt.document, [...years, version.join('.')].join(' ').trim()]
    }),
  )

function ofDocument({ uri, title, metadata = {}, opening = '' }: Excerpt): Dating {
  const path = uri.split('/').slice(-2)
  const names = [title, ...path.toReversed()]
  const valuesOf = (field: RegExp) =>
    Object.entries(metadata).flatMap(([name, value]) => (field.test(name) ? [value] : []))
  const head = opening
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, HEAD_LINES)
  const short = head.filter((line) => line.length <= MAX_SHORT_LINE_CHARACTERS)
  const named = names.flatMap((name) => datesIn(name).map(({ period }) => period))
  const [written] = datesOf(valuesOf(OF_DATE)).toSorted((a, b) => b.from - a.from)
  const fields = valuesOf(OF_VERSION).flatMap((value) => /^\d{1,4}(?:\.\d{1,4}){0,3}/u.exec(value)?.[0] ?? [])
  return {
    period: datesOf(valuesOf(OF_FORCE))[0] ?? refined(named[0], written) ?? written ?? headDate(head),
    version:
      fields[0]?.split('.').map(Number) ??
      [...names, ...short].flatMap((name) => versionsIn(name))[0]?.version,
    named,
    isOutdated:
      [...path, title, ...short.slice(0, STATUS_LINES).filter((line) => !line.startsWith('#'))].some(
        isMarkedOutdated,
      ) || valuesOf(OF_STATUS).some((value) => PATTERNS.outdated.test(value)),
  }
}

/** Lines at the head of a document that may date it. */
const HEAD_LINES = 6
/** Of these, the lines that may say that it is superseded; the headings of its sections come soon. */
const STATUS_LINES = 3
/** Longer lines are sentences; UTF-16 code units. */
const MAX_SHORT_LINE_CHARACTERS = 60
/** How far before a date the word stands that says what it is the date of, in UTF-16 code units. */
const MAX_ANNOUNCED_CHARACTERS = 30

/** `Tariff 2024` of 2024-02-01 is of that day; `Tariff 2025` of 2024-11-15 is of 2025. */
const refined = (named: Period | undefined, written: Period | undefined): Period | undefined =>
  named !== undefined && written !== undefined && named.from <= written.from && written.to <= named.to
    ? written
    : named

/** The date in a line that has little else, or a word such as "valid from" before it. */
function headDate(head: readonly string[]): Period | undefined {
  for (const line of head) {
    for (const { start, end, period } of datesIn(line)) {
      const before = line.slice(Math.max(0, start - MAX_ANNOUNCED_CHARACTERS), start)
      if (line.startsWith('#') || 2 * (end - start) > line.trim().length || PATTERNS.announces.test(before))
        return period
    }
  }
  return undefined
}

const datesOf = (texts: readonly string[]): Period[] =>
  texts.flatMap((text) => datesIn(text).map(({ period }) => period))

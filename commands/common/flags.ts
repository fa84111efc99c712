/** Flags shared by several commands. */

import { isAbsolute, resolve } from 'node:path'
import { boolean, option, string } from '@oclif/core/flags'
import type { SearchFilter } from '../../src/domain/answer.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import { LANGUAGES, type Language } from '../../src/domain/language.ts'

export const collections = {
  collection: string({
    char: 'c',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'NAME',
    summary: 'Search only this collection. Repeatable; default: all.',
  }),
}

export const filters = {
  path: string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'GLOB',
    summary:
      'Search only documents with a matching path. Repeatable. `*` within a folder, `**` across folders.',
  }),
  exclude: string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'GLOB',
    summary: 'Leave out documents with a matching path. Repeatable.',
  }),
  source: string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'GLOB',
    summary: 'Search only documents of this source: a folder, a pattern or an address. Repeatable.',
  }),
  language: option({ options: LANGUAGES, multiple: true, multipleNonGreedy: true })({
    summary: 'Search only documents in this language. Repeatable.',
  }),
  since: string({
    helpValue: 'DATE',
    summary: 'Search only documents modified on or after this date or time: 2025-03-01, 2025-03-01T12:00.',
  }),
  before: string({
    helpValue: 'DATE',
    summary: 'Search only documents modified before this date or time.',
  }),
  meta: string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'KEY=VALUE',
    summary: 'Search only documents with this metadata, such as author=Anna. Repeatable: all must match.',
  }),
}

export const yes = {
  yes: boolean({ char: 'y', summary: 'Do not ask.' }),
}

export const passphraseFile = (summary: string) => string({ helpValue: 'FILE', summary })

/**
 * The filter of these flags. A relative pattern matches both absolute paths and paths below the root that documents
 * were ingested with. Throws `bad_request`.
 */
export function filterOf(flags: {
  readonly path?: readonly string[] | undefined
  readonly exclude?: readonly string[] | undefined
  readonly source?: readonly string[] | undefined
  readonly language?: readonly Language[] | undefined
  readonly since?: string | undefined
  readonly before?: string | undefined
  readonly meta?: readonly string[] | undefined
}): SearchFilter | undefined {
  const given = {
    paths: flags.path?.flatMap(bothNames),
    excludePaths: flags.exclude?.flatMap(bothNames),
    sources: flags.source?.flatMap((glob) => (/^https?:/.test(glob) ? [glob] : bothNames(glob))),
    languages: flags.language,
    modifiedFrom: moment('--since', flags.since),
    modifiedBefore: moment('--before', flags.before),
    metadata: flags.meta === undefined ? undefined : Object.fromEntries(flags.meta.map(keyAndValue)),
  }
  return Object.values(given).every((value) => value === undefined) ? undefined : given
}

const bothNames = (glob: string) => (isAbsolute(glob) ? [glob] : [glob, resolve(glob)])

/** A date means midnight in the user's time zone. */
function moment(flag: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const date = new Date(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00` : text)
  if (/^\d{4}-\d{2}/.test(text) && !Number.isNaN(date.getTime())) return date.toISOString()
  throw new ChatbotError('bad_request', `${flag} is not a date such as 2025-03-01 or 2025-03-01T12:00.`)
}

function keyAndValue(text: string): [key: string, value: string] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)]
  throw new ChatbotError('bad_request', `--meta takes KEY=VALUE, such as --meta author=Anna, not "${text}".`)
}

/** `START:END`, UTF-16 code units; undefined for anything else. */
export function parseSpan(text: string): { start: number; end: number } | undefined {
  const [, start, end] = /^(\d{1,15}):(\d{1,15})$/.exec(text) ?? []
  if (start === undefined || end === undefined || Number(end) < Number(start)) return undefined
  return { start: Number(start), end: Number(end) }
}

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** A duration such as 90d, 12h or 30m, in milliseconds; throws `bad_request`. */
export function lengthOfTime(flag: string, text: string): number {
  const [, number, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  if (number !== undefined && (unit === 'm' || unit === 'h' || unit === 'd'))
    return Number(number) * UNITS[unit]
  throw new ChatbotError('bad_request', `${flag} takes a duration such as 90d, 12h or 30m, not "${text}".`)
}

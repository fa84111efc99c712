/** Filters that people write into the question line: `in:handbook type:pdf after:2024 how long is the notice period?` */
import type { SearchFilter } from '../domain/answer.ts'
import { LANGUAGES, type Language } from '../domain/language.ts'

export interface WrittenQuery {
  readonly question: string
  readonly filter: SearchFilter | undefined
}

/** Filters of one question; the rest is left in it. */
const MAX_TERMS = 16

const TERM =
  /(?<!\S)(?<not>-?)(?<name>in|type|after|before|lang|author):(?:"(?<quoted>[^"\n]{1,200})"|(?<bare>[^\s"]{1,200}))(?!\S)/giu

/** File name endings of what people call a kind of document; an ending that is not here is itself. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  word: ['docx', 'doc', 'odt', 'rtf'],
  excel: ['xlsx', 'xls', 'ods', 'csv'],
  powerpoint: ['pptx', 'ppt', 'odp'],
  mail: ['eml', 'msg', 'mbox'],
  markdown: ['md', 'markdown'],
  md: ['md', 'markdown'],
  html: ['html', 'htm', 'xhtml'],
  text: ['txt', 'text'],
  txt: ['txt', 'text'],
  yaml: ['yaml', 'yml'],
  image: ['png', 'jpg', 'jpeg', 'tif', 'tiff'],
}
const ENDINGS: ReadonlySet<string> = new Set(
  'pdf doc docx odt rtf xls xlsx ods csv tsv ppt pptx odp epub htm rst adoc tex json jsonl xml yml eml msg mbox ics ipynb vtt srt log zip png jpg tif tiff js jsx ts tsx py java kt go rs c h cpp cs rb php sh sql css toml ini conf'.split(
    ' ',
  ),
)

/** The question without its filters, and these with those of the request. A line of filters alone is a question. */
export function readWrittenFilter(text: string, given?: SearchFilter): WrittenQuery {
  const read: SearchFilter[] = []
  let question = text
  for (const match of [...text.matchAll(TERM)].slice(0, MAX_TERMS).reverse()) {
    const found = filterOf(match.groups)
    if (found === undefined) continue
    read.unshift(found)
    question = question.slice(0, match.index) + question.slice(match.index + match[0].length)
  }
  question = question.replace(/[ \t]{2,}/gu, ' ').trim()
  if (read.length === 0 || question === '') return { question: text, filter: given }
  return { question, filter: read.reduce(merged, given ?? {}) }
}

function filterOf({
  not,
  name = '',
  quoted,
  bare,
}: Readonly<Record<string, string>> = {}): SearchFilter | undefined {
  const value = (quoted ?? bare ?? '').trim()
  const isLeftOut = not !== ''
  if (value === '') return undefined
  switch (name.toLowerCase()) {
    case 'in':
      return isLeftOut ? { notWithin: [value] } : { within: [value] }
    case 'type': {
      const types = typesOf(value.toLowerCase().replace(/^\./u, ''))
      return isLeftOut || types === undefined ? undefined : { types }
    }
    case 'author':
      return isLeftOut ? undefined : { metadata: { author: value } }
    case 'lang': {
      const language = LANGUAGES.find((known) => known === value.toLowerCase())
      return isLeftOut || language === undefined ? undefined : { languages: [language] }
    }
    default: {
      const moment = momentOf(value)
      if (isLeftOut || moment === undefined) return undefined
      return name.toLowerCase() === 'after' ? { modifiedFrom: moment } : { modifiedBefore: moment }
    }
  }
}

const typesOf = (type: string): readonly string[] | undefined =>
  KINDS[type] ?? (ENDINGS.has(type) ? [type] : undefined)

/** The first moment of a year, month or day (UTC); undefined for what is no date. */
function momentOf(text: string): string | undefined {
  const [, year, month = '01', day = '01'] = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/u.exec(text) ?? []
  if (year === undefined) return undefined
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`)
  return Number.isNaN(date.getTime()) || date.getUTCDate() !== Number(day) ? undefined : date.toISOString()
}

const LISTS = ['within', 'notWithin', 'types'] as const satisfies (keyof SearchFilter)[]

/** Names of folders and endings are alternatives; everything else narrows. */
function merged(one: SearchFilter, other: SearchFilter): SearchFilter {
  const lists = LISTS.map((name) => [name, [...(one[name] ?? []), ...(other[name] ?? [])]] as const)
  return {
    ...one,
    ...other,
    ...Object.fromEntries(lists.filter(([, list]) => list.length > 0)),
    languages: narrowed(one.languages, other.languages),
    modifiedFrom: latest(one.modifiedFrom, other.modifiedFrom),
    modifiedBefore: earliest(one.modifiedBefore, other.modifiedBefore),
    metadata:
      one.metadata === undefined && other.metadata === undefined
        ? undefined
        : { ...one.metadata, ...other.metadata },
  }
}

const narrowed = (one: readonly Language[] | undefined, other: readonly Language[] | undefined) =>
  other === undefined ? one : other

const byTime = (one: string, other: string) => Date.parse(one) - Date.parse(other)
const present = (...moments: readonly (string | undefined)[]) =>
  moments.filter((moment) => moment !== undefined).toSorted(byTime)
const latest = (one?: string, other?: string) => present(one, other).at(-1)
const earliest = (one?: string, other?: string) => present(one, other)[0]

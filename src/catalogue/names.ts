/** Which document a request means: by its file, its title, its folder, its number or its date. */
import { basename, dirname, extname } from 'node:path'
import type { CataloguedDocument } from '../ports/store/catalogue.ts'
import { datesIn, isWithin, type WrittenDate } from '../text/asked-dates.ts'
import { termId } from '../text/bm25.ts'
import { foldCase } from '../text/fold.ts'
import { lexemes } from '../text/lexemes.ts'
import type { CatalogueReader } from './reader.ts'

export interface DocumentName {
  /** As the asker says it; undefined for the one that was spoken of. */
  readonly document: string | undefined
  /** Without words such as `report`. */
  readonly bareName: string
  /** Whether it is said that a document is meant. Otherwise only its whole title will do. */
  readonly isNamed: boolean
}

/** Documents whose names are compared. */
const MAX_CANDIDATES = 200
/** Of the words of a name that fits best, if none fits all of them. */
const MIN_PART = 0.6

/** All that fit the name equally well. `isLoose`: a name of which most is right will do. */
export async function documentsNamed(
  { store, principal, scope }: CatalogueReader,
  { document = '', bareName, isNamed }: DocumentName,
  isLoose: boolean,
): Promise<CataloguedDocument[]> {
  const dates = datesIn(document).filter(({ date }) => date.month !== undefined)
  const withoutDates = (text: string) => dates.reduce((left, date) => left.replace(date.text, ' '), text)
  const own = lexemes(withoutDates(bareName))
  const said = lexemes(withoutDates(document))
  const needed = own.length > 0 ? own : said
  const digits = dates.flatMap(({ date: { month, day } }) => [month, day].map((part) => padded(part)))
  const terms = [...new Set([...lexemes(document), ...digits.filter((part) => part !== '')])].map(termId)
  const found = await store.catalogue.named(principal, scope, terms, MAX_CANDIDATES)
  const files = document.split(/\s+/u).map(bareWord)
  const exact = found.filter(({ uri }) => files.some((file) => isFile(uri, file)))
  if (exact.length > 0) return exact
  const fitting = found.flatMap((candidate) => {
    const name = nameOf(candidate)
    const hasDates = dates.every(({ date }) => name.dates.some((other) => isWithin(other, date)))
    if (!hasDates || (needed.length === 0 && dates.length === 0)) return []
    const part = needed.filter((lexeme) => name.lexemes.has(lexeme)).length / Math.max(1, needed.length)
    const isWhole = [name.title, name.file].some(
      (whole) => whole.length > 0 && whole.every((lexeme) => said.includes(lexeme)),
    )
    if (!isNamed && !(isWhole && part === 1)) return []
    const more = said.filter((lexeme) => name.lexemes.has(lexeme)).length
    return [{ candidate, part, score: more + (isWhole ? 0.5 : 0) }]
  })
  const best = Math.max(0, ...fitting.map(({ part }) => part))
  if (best < 1 && (!isLoose || best < MIN_PART)) return []
  const most = Math.max(...fitting.filter(({ part }) => part === best).map(({ score }) => score))
  return fitting
    .filter(({ part, score }) => part === best && score === most)
    .map(({ candidate }) => candidate)
}

const padded = (part: number | undefined): string => (part === undefined ? '' : String(part).padStart(2, '0'))

const bareWord = (word: string): string => word.replace(/["'«»“”„‘’`(),;]/gu, '')

function isFile(uri: string, file: string): boolean {
  const [path, name] = [foldCase(uri), foldCase(file)]
  return extname(name).length > 1 && (path === name || path.endsWith(`/${name}`))
}

interface Name {
  readonly title: readonly string[]
  readonly file: readonly string[]
  /** With those of its folders and of what it says of itself. */
  readonly lexemes: ReadonlySet<string>
  readonly dates: readonly WrittenDate[]
}

/** Folders whose names may be said with a document's. */
const FOLDERS = 2

function nameOf({ uri, title, metadata }: CataloguedDocument): Name {
  const file = basename(uri, extname(uri))
  const folders = dirname(uri).split('/').slice(-FOLDERS).join(' ')
  const told = [title, file, extname(uri), metadata.title ?? '', metadata.subject ?? '']
  const dated = [uri.slice(-MAX_URI_CHARACTERS), title, ...datesOf(metadata).map(({ value }) => value)]
  return {
    title: lexemes(title),
    file: lexemes(file),
    lexemes: new Set(lexemes([...told, folders, metadata.version ?? ''].join('\n'))),
    dates: dated.flatMap((text) => datesIn(text)).map(({ date }) => date),
  }
}

const MAX_URI_CHARACTERS = 300

/** What a document says of its dates, the most telling first. */
export const datesOf = (
  metadata: CataloguedDocument['metadata'],
): readonly { readonly key: string; readonly value: string }[] =>
  DATE_KEYS.flatMap((key) => (metadata[key] === undefined ? [] : [{ key, value: metadata[key] }]))

const DATE_KEYS = [
  'date',
  'published',
  'pubdate',
  'dc.date',
  'article:published_time',
  'created',
  'creationdate',
  'issued',
  'updated',
  'modified',
  'last-modified',
  'article:modified_time',
  'moddate',
]

import { and, gte, inArray, lt, not, type SQL, sql } from 'drizzle-orm'
import { documents, sources } from '../../../drizzle/schema.ts'
import type { SearchFilter } from '../../domain/answer.ts'
import { hasWildcards } from '../../domain/glob.ts'
import { globsToRegex } from './glob.ts'
import { literalRegex } from './phrase.ts'

/** The filter as an SQL condition on documents; undefined if it excludes nothing. */
export function documentCondition(filter: SearchFilter = {}): SQL | undefined {
  const { paths = [], excludePaths = [], sources: places = [], languages = [] } = filter
  const { within = [], notWithin = [], types = [] } = filter
  const metadata = Object.entries(filter.metadata ?? {})
  return and(
    paths.length === 0 ? undefined : fitsAny(documents.uri, paths),
    excludePaths.length === 0 ? undefined : not(fitsAny(documents.uri, excludePaths)),
    within.length === 0 ? undefined : sql`${documents.uri} ~ ${namedRegex(within)}`,
    notWithin.length === 0 ? undefined : sql`${documents.uri} !~ ${namedRegex(notWithin)}`,
    types.length === 0 ? undefined : sql`${documents.uri} ~ ${endingRegex(types)}`,
    places.length === 0
      ? undefined
      : sql`${documents.source} IN (SELECT ${sources.id} FROM ${sources} WHERE ${fitsAny(sources.location, places)})`,
    languages.length === 0 ? undefined : inArray(documents.language, [...languages]),
    filter.modifiedFrom === undefined ? undefined : gte(documents.modifiedAt, new Date(filter.modifiedFrom)),
    filter.modifiedBefore === undefined
      ? undefined
      : lt(documents.modifiedAt, new Date(filter.modifiedBefore)),
    ...metadata.map(([key, value]) => sql`lower(${documents.metadata} ->> ${key}) = lower(${value})`),
  )
}

function fitsAny(column: typeof documents.uri | typeof sources.location, globs: readonly string[]): SQL {
  const patterns = globs.filter(hasWildcards)
  const isNamed = sql`${column} = ANY(${sql.param(globs.filter((glob) => !hasWildcards(glob)))}::text[])`
  return patterns.length === 0 ? isNamed : sql`(${isNamed} OR ${column} ~ ${globsToRegex(patterns)})`
}

/** A folder, or a file with or without its ending, anywhere in the uri. */
const namedRegex = (names: readonly string[]): string =>
  `(?:^|[/\\\\])(?:${names.map((name) => literalRegex(bare(name))).join('|')})(?:[/\\\\]|[.][^/\\\\]*$|$)`

const bare = (name: string) =>
  name
    .split('/')
    .filter((part) => part !== '')
    .join('/')

const endingRegex = (types: readonly string[]): string => `[.](?:${types.map(literalRegex).join('|')})$`

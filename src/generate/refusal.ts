import type { Language } from '../domain/language.ts'
import { KNOWLEDGE } from '../text/language.ts'

export interface SearchSummary {
  readonly query: string
  /** Names, and the number of documents in all of them. */
  readonly collections: readonly string[]
  readonly documents: number
  /** Whether a filter left documents out. */
  readonly filtered: boolean
  /** Uri of the document that came closest. */
  readonly nearest?: string | undefined
}

/** UTF-16 code units of the question that are repeated. */
const MAX_REPEATED_CHARACTERS = 200

/** What follows a refusal: what was searched, and what to try. */
export function refusalHelp(language: Language, searched: SearchSummary): string {
  const { replies } = KNOWLEDGE[language]
  const { query, collections, documents, filtered, nearest } = searched
  if (documents === 0) return replies.nothingIngested
  const sentences = [
    replies.searched({
      query: query.length > MAX_REPEATED_CHARACTERS ? `${query.slice(0, MAX_REPEATED_CHARACTERS)}…` : query,
      collections: collections.join(', '),
      documents,
      isFiltered: filtered,
    }),
    ...(nearest === undefined ? [] : [replies.nearest(nearest)]),
    replies.advice,
  ]
  return sentences.join(' ')
}

import type { Language } from '../../domain/language.ts'
import type { WeightedTerm } from '../../text/bm25.ts'

export interface ChunkCandidate {
  readonly chunk: string
  readonly document: string
  /** Its name. */
  readonly collection: string
  readonly uri: string
  readonly title: string
  readonly start: number
  readonly end: number
  readonly text: string
  readonly heading: string
  readonly page?: number
  readonly line?: number
  readonly ordinal: number
  /** Of the document. */
  readonly language: Language
  /** Of the document's text, in UTF-16 code units. */
  readonly length: number
  /** As the embedding model counts. */
  readonly tokens: number
  /** Cosine similarity, -1 to 1. */
  readonly similarity: number
  /** BM25: the inner product of its weights and the question's; 0 when none was asked. */
  readonly lexical: number
}

/** The words of a question, weighed by their rarity. */
export interface LexicalQuery {
  readonly weights: readonly WeightedTerm[]
  /** In how many chunks each is, from `frequencies`. */
  readonly found: ReadonlyMap<number, number>
  /** Terms that a passage must all have to hold a phrase, one list a phrase. */
  readonly phrases: readonly (readonly number[])[]
}

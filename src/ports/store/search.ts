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
  /** Language of the document. */
  readonly language: Language
  /** Length of the document's text, in UTF-16 code units. */
  readonly length: number
  /** Tokens, as the embedding model counts them. */
  readonly tokens: number
  /** Cosine similarity, -1 to 1. */
  readonly similarity: number
  /** BM25: the inner product of its weights and the question's; 0 if there were none. */
  readonly lexical: number
}

/** The words of a question, weighted by rarity. */
export interface LexicalQuery {
  readonly weights: readonly WeightedTerm[]
  /** How many chunks contain each, from `frequencies`. */
  readonly found: ReadonlyMap<number, number>
  readonly phrases: readonly Phrase[]
}

/** Words in quotation marks. */
export interface Phrase {
  readonly text: string
  /** The terms that a passage must all have to contain it; none if all are stop words. */
  readonly ids: readonly number[]
}

/** A term of the word index. */
export interface TermSample {
  readonly term: number
  /** How many chunks contain it. */
  readonly chunks: number
  /** The names and the texts of some of them. */
  readonly text: string
}

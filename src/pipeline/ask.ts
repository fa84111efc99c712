/** The data of the pipeline: each step adds its part and needs those of the steps before. */
import type { Answer, Citation, Passage, SearchFilter, StageName, Turn, Usage } from '../domain/answer.ts'
import type { Excerpt } from '../domain/block.ts'
import type { Certainty } from '../domain/certainty.ts'
import type { SearchedCollection } from '../domain/document.ts'
import type { Language } from '../domain/language.ts'
import type { CacheQuery } from '../ports/answer-cache.ts'
import type { Generator, SeveralInput } from '../ports/generator.ts'
import type { RetrievalSettings } from '../protocol/retrieval.ts'
import type { QuestionPart, QuestionParts } from '../talk/parts.ts'

/** An accepted ask: its row is in the database. */
export interface Ask {
  /** The asker's id. */
  readonly id: string
  readonly epoch: number
  readonly question: string
  readonly language: Language
  readonly conversation: string
  /** Earlier turns, oldest first; empty in a new conversation. */
  readonly history: readonly Turn[]
  /** The searched collections, with their revisions at the time of the ask. */
  readonly collections: readonly SearchedCollection[]
  readonly filter?: SearchFilter
  readonly retrieval: RetrievalSettings
  /** Whether this answer may be read from the cache and written to it. */
  readonly cache: boolean
  readonly generator: Generator
  /** What the asker has seen of an attempt that was lost. */
  readonly kept?: KeptText | undefined
  /** `performance.now()` when the ask arrived. */
  readonly startedAt: number
  /** Durations of the finished steps, in milliseconds. */
  readonly timings: Partial<Record<StageName | 'total', number>>
}

/** The text of a lost attempt, which the next one continues. */
export interface KeptText {
  readonly text: string
  /** Ids of the passages it was written from, best first. */
  readonly chunks: readonly string[]
}

export interface Rewritten extends Ask {
  /** The question as it is searched: rewritten to stand alone if it was a follow-up. */
  readonly standalone: string
  /** The questions in it that are searched and answered one by one; undefined if it asks one thing. */
  readonly parts: QuestionParts | undefined
}

export interface Embedded extends Rewritten {
  readonly vector: Float32Array
  readonly embeddedParts: readonly EmbeddedPart[]
  readonly warnings: readonly string[]
}

export interface EmbeddedPart extends QuestionPart {
  readonly vector: Float32Array
}

/** An answer from the cache, already stored as the answer to this ask. */
export interface Answered {
  readonly answered: Answer
}

export interface NotCached extends Embedded {
  /** Undefined if this ask must not use the cache. */
  readonly cacheQuery: CacheQuery | undefined
}

export interface Retrieved extends NotCached {
  /** If the question has parts, the passages of all searches, the best of each first. */
  readonly context: readonly Passage[]
  /** Of the documents of `context`, best first. */
  readonly excerpts: readonly Excerpt[]
  readonly several: SeveralInput | undefined
}

export interface Generated extends Retrieved {
  readonly text: string
  readonly certainty: Certainty
  readonly complete: boolean
  readonly citations: readonly Citation[]
  readonly usage?: Usage
}

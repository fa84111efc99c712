import type { Answer } from '../../domain/answer.ts'
import type { Principal } from '../../domain/principal.ts'

/** The row in `answers` behind a cached answer. */
export interface AnswerSource {
  readonly principal: string
  readonly answer: string
}

export interface CachedQuestion {
  readonly source: AnswerSource
  readonly question: string
  /** Cosine similarity, -1 to 1. */
  readonly similarity: number
}

export interface CachedAnswer extends Pick<Answer, 'question' | 'text' | 'citations' | 'warnings'> {
  readonly source: AnswerSource
  /** When the answer was made: ISO 8601. */
  readonly askedAt: string
}

/** Cached answers, found by the meaning of their questions. */
export interface CachedAnswerRepository {
  /** The nearest questions of the partition, best first. */
  nearest: (
    principal: Principal,
    partition: string,
    vector: Float32Array,
    limit: number,
  ) => Promise<CachedQuestion[]>
  /** Undefined if it is gone. */
  get: (principal: Principal, source: AnswerSource) => Promise<CachedAnswer | undefined>
  /**
   * Caches the principal's complete answer, and evicts the least recently used ones above `most` (with a slack of
   * up to 64). Returns false and caches nothing if what it searched has changed since.
   */
  keep: (
    principal: Principal,
    answer: string,
    entry: { readonly partition: string; readonly vector: Float32Array; readonly expiresAt: Date },
    most: number,
  ) => Promise<boolean>
  /** Marks it as recently used. */
  used: (source: AnswerSource) => Promise<void>
  /** Count and bytes (vectors and texts) of the valid ones. */
  stats: (principal: Principal) => Promise<{ entries: number; bytes: number }>
  /** Returns how many there were. */
  clear: (principal: Principal) => Promise<number>
}

import type { Answer } from '../../domain/answer.ts'
import type { Principal } from '../../domain/principal.ts'

/** The row in `answers` that a cached answer is. */
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

/** Answers that may be given again, by the meaning of their questions. */
export interface CachedAnswerRepository {
  /** The nearest questions of the partition, best first. */
  nearest: (
    principal: Principal,
    partition: string,
    vector: Float32Array,
    limit: number,
  ) => Promise<CachedQuestion[]>
  /** Undefined when it is gone. */
  get: (principal: Principal, source: AnswerSource) => Promise<CachedAnswer | undefined>
  /**
   * Remembers the principal's complete answer, and lets those go that were not used for longest when there are more
   * than `most` (up to 64 more are let in). False, and nothing is kept, when what it searched has changed since.
   */
  keep: (
    principal: Principal,
    answer: string,
    entry: { readonly partition: string; readonly vector: Float32Array; readonly expiresAt: Date },
    most: number,
  ) => Promise<boolean>
  /** Keeps it longer than those that nobody asks for. */
  used: (source: AnswerSource) => Promise<void>
  /** Of those that can still be given. Bytes of vectors and texts. */
  stats: (principal: Principal) => Promise<{ entries: number; bytes: number }>
  /** How many there were. */
  clear: (principal: Principal) => Promise<number>
}

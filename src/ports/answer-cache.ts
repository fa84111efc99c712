import type { Answer, CacheHit } from '../domain/answer.ts'
import type { Language } from '../domain/language.ts'
import type { Principal } from '../domain/principal.ts'
import type { CachedAnswer } from './store/cached-answers.ts'

export interface CachePlace {
  /** Answers in one partition differ only in their question. */
  readonly partition: string
  /** Key of the exact tier: the partition and the question. Case matters: `US` and `us` are different questions. */
  readonly key: string
}

/** What an ask is looked up and stored by. */
export interface CacheQuery extends CachePlace {
  readonly question: string
  readonly language: Language
  /** Vector of the question. */
  readonly vector: Float32Array
}

export interface FoundAnswer {
  readonly tier: CacheHit['tier']
  readonly answer: CachedAnswer
  /** Found by the identical question; no second lookup is needed. */
  readonly remembered: boolean
}

/** Counts since the daemon started. */
export interface CacheCounts {
  readonly hits: { readonly exact: number; readonly semantic: number }
  readonly misses: number
  /** Misses where an answer was found but is no longer valid. */
  readonly outdated: number
  /** Near misses: similar questions that ask something else, by the difference. */
  readonly refusals: Readonly<Record<string, number>>
}

/** Complete, grounded answers without history, by question and by meaning. */
export interface AnswerCache {
  /** A proposal that the database must confirm: see AnswerRepository.complete. */
  find: (principal: Principal, query: CacheQuery) => Promise<FoundAnswer | undefined>
  /** Report that the found answer was used. Never rejects, like `keep`. */
  served: (query: CacheQuery, found: FoundAnswer) => Promise<void>
  /** Report that the found answer is no longer valid. */
  outdated: (query: CacheQuery) => Promise<void>
  /** Report a miss. */
  missed: () => void
  /** Never rejects: a failure is logged, and the answer is returned anyway. */
  keep: (principal: Principal, query: CacheQuery, answer: Answer) => Promise<void>
  counts: () => CacheCounts
  /** Counts of the valid answers in the database. */
  stats: (principal: Principal) => Promise<{ readonly entries: number; readonly bytes: number }>
  /** Returns how many answers were removed. */
  clear: (principal: Principal) => Promise<number>
}

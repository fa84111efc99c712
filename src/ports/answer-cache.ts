import type { Answer, CacheHit } from '../domain/answer.ts'
import type { Language } from '../domain/language.ts'
import type { Principal } from '../domain/principal.ts'
import type { CachedAnswer } from './store/cached-answers.ts'

export interface CachePlace {
  /** Answers of one partition differ by their question alone. */
  readonly partition: string
  /** Of the exact tier: the partition and the question. Case is kept: `US` and `us` are different questions. */
  readonly key: string
}

/** What an ask is looked up and kept by. */
export interface CacheQuery extends CachePlace {
  readonly question: string
  readonly language: Language
  /** Of the question. */
  readonly vector: Float32Array
}

export interface FoundAnswer {
  readonly tier: CacheHit['tier']
  readonly answer: CachedAnswer
  /** Whether it was found by the very question, which needs no second search. */
  readonly remembered: boolean
}

/** Since the daemon started. */
export interface CacheCounts {
  readonly hits: { readonly exact: number; readonly semantic: number }
  readonly misses: number
  /** Of the misses, those where an answer was found that could no longer be given. */
  readonly outdated: number
  /** Questions that were near enough to an earlier one and yet not the same, by what made the difference. */
  readonly refusals: Readonly<Record<string, number>>
}

/** Complete, grounded, history-free answers, by the question and by its meaning. */
export interface AnswerCache {
  /** What may answer the question, if the database agrees: see AnswerRepository.complete. */
  find: (principal: Principal, query: CacheQuery) => Promise<FoundAnswer | undefined>
  /** The answer that was found has been given. Rejects as little as `keep`. */
  served: (query: CacheQuery, found: FoundAnswer) => Promise<void>
  /** The answer that was found may no longer be given. */
  outdated: (query: CacheQuery) => Promise<void>
  /** Nothing was found. */
  missed: () => void
  /** Never rejects: what could not be kept is in the log, and the answer is given all the same. */
  keep: (principal: Principal, query: CacheQuery, answer: Answer) => Promise<void>
  counts: () => CacheCounts
  /** Of the answers in the database that can still be given. */
  stats: (principal: Principal) => Promise<{ readonly entries: number; readonly bytes: number }>
  /** How many answers were forgotten. */
  clear: (principal: Principal) => Promise<number>
}

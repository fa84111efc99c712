/**
 * The two tiers of the answer cache. A hit is only a proposal: the statement that stores it as the asker's answer
 * checks in the database that it is still valid.
 */
import { LRUCache } from 'lru-cache'
import { NEARLY_EQUAL_QUESTIONS, SIMILAR_QUESTIONS } from '../../models/calibration.ts'
import type { Principal } from '../domain/principal.ts'
import type { AnswerCache, CacheQuery, FoundAnswer } from '../ports/answer-cache.ts'
import type {
  AnswerSource,
  CachedAnswer,
  CachedAnswerRepository,
  CachedQuestion,
} from '../ports/store/cached-answers.ts'
import type { Tier } from '../ports/tier.ts'
import { fold } from '../text/fold.ts'
import { compareQuestions } from './gate/gate.ts'

export interface AnswerCacheOptions {
  /** Looks up identical questions. */
  readonly exact: Tier<CachedAnswer>
  readonly store: CachedAnswerRepository
  readonly ttlMs: number
  /** Capacity of the semantic tier. */
  readonly maxAnswers: number
  /** Called for each question that is similar enough but asks something else. */
  onRefusal: (details: {
    question: string
    earlier: string
    similarity: number
    reason: string
    detail: string
  }) => void
  /** Called when the cache fails for an answer that is already stored. */
  onError: (error: unknown) => void
}

/** Minimum interval between marking the same answer as used. */
const MARKED_MS = 60_000

/** How many earlier questions the gate examines. */
const MAX_CANDIDATES = 8

export function answerCache({
  exact,
  store,
  ttlMs,
  maxAnswers,
  onRefusal,
  onError,
}: AnswerCacheOptions): AnswerCache {
  const hits = { exact: 0, semantic: 0 }
  const refusals = new Map<string, number>()
  const marked = new LRUCache<string, true>({ max: 10_000, ttl: MARKED_MS })
  let misses = 0
  let outdated = 0

  async function findSimilar(principal: Principal, query: CacheQuery): Promise<FoundAnswer | undefined> {
    const earlier = await store.nearest(principal, query.partition, query.vector, MAX_CANDIDATES)
    for (const candidate of earlier) {
      if (candidate.similarity < SIMILAR_QUESTIONS || !asksTheSame(query, candidate)) continue
      const answer = await store.get(principal, candidate.source)
      if (answer === undefined) continue
      const tier = fold(candidate.question) === fold(query.question) ? 'exact' : 'semantic'
      return { tier, answer, remembered: false }
    }
    return undefined
  }

  function asksTheSame({ question, language }: CacheQuery, earlier: CachedQuestion): boolean {
    const verdict = compareQuestions(earlier.question, question, language)
    if (verdict.kind === 'same') return true
    if (verdict.kind === 'close' && earlier.similarity >= NEARLY_EQUAL_QUESTIONS) return true
    const reason = verdict.kind === 'close' ? 'similarity' : verdict.reason
    refusals.set(reason, (refusals.get(reason) ?? 0) + 1)
    onRefusal({
      question,
      earlier: earlier.question,
      similarity: earlier.similarity,
      reason,
      detail: verdict.detail,
    })
    return false
  }

  async function markUsed(source: AnswerSource): Promise<void> {
    const key = `${source.principal}\n${source.answer}`
    if (marked.has(key)) return
    marked.set(key, true)
    await store.used(source)
  }

  const spared =
    <Args extends unknown[]>(work: (...args: Args) => Promise<void>) =>
    (...args: Args): Promise<void> =>
      work(...args).catch(onError)

  return {
    async find(principal, query) {
      const remembered = await exact.get(query.key)
      if (remembered !== undefined) return { tier: 'exact', answer: remembered, remembered: true }
      return findSimilar(principal, query)
    },
    keep: spared(async (principal, query, answer) => {
      const kept: CachedAnswer = {
        source: { principal: principal.id, answer: answer.id },
        askedAt: new Date().toISOString(),
        question: answer.question,
        text: answer.text,
        citations: answer.citations,
        warnings: answer.warnings,
      }
      const expiresAt = new Date(Date.now() + ttlMs)
      const { partition, vector } = query
      const isKept = await store.keep(principal, answer.id, { partition, vector, expiresAt }, maxAnswers)
      if (isKept) await exact.set(query.key, kept)
    }),
    served: spared(async (query, found) => {
      hits[found.tier] += 1
      if (!found.remembered) await exact.set(query.key, found.answer)
      await markUsed(found.answer.source)
    }),
    async outdated(query) {
      outdated += 1
      misses += 1
      await exact.delete(query.key)
    },
    missed() {
      misses += 1
    },
    counts: () => ({ hits: { ...hits }, misses, outdated, refusals: Object.fromEntries(refusals) }),
    stats: (principal) => store.stats(principal),
    async clear(principal) {
      const cleared = await store.clear(principal)
      await exact.clear()
      return cleared
    },
  }
}

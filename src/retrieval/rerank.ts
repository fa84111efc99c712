import type { Language } from '../domain/language.ts'
import type { Reranker } from '../ports/reranker.ts'
import { byFused, type RankedChunk } from './rank.ts'

export interface RerankOptions {
  readonly question: string
  readonly language: Language
  readonly withinMs: number
  readonly signal: AbortSignal
}

/** Passages that the reranker reads, best first, as far as the time allows. */
const MAX_RERANKED = 50
/** What a logit adds to the fused score, which is in units of the cosine. */
const LOGIT_WEIGHT = 0.01

/**
 * Joins what the reranker says to the scores of search. A passage that it had no time for counts like the worst that it
 * read, and one in a language that it does not know like the average.
 */
export async function rerank(
  reranker: Reranker,
  { question, language, withinMs, signal }: RerankOptions,
  ranked: readonly RankedChunk[],
): Promise<RankedChunk[]> {
  if (!reranker.languages.includes(language)) return [...ranked]
  const isReadable = ({ candidate }: RankedChunk) => reranker.languages.includes(candidate.language)
  const readable = ranked.slice(0, MAX_RERANKED).filter(isReadable)
  const logits = await reranker.rerank(
    question,
    readable.map(({ candidate }) => candidate.text),
    { withinMs, signal },
  )
  if (logits.length === 0) return [...ranked]
  const worst = Math.min(...logits)
  const average = logits.reduce((sum, logit) => sum + logit, 0) / logits.length
  const logitOf = new Map(readable.slice(0, logits.length).map((item, index) => [item, logits[index]]))
  return ranked
    .map((item): RankedChunk => {
      const read = logitOf.get(item)
      const counted = read ?? (isReadable(item) ? worst : average)
      const fused = item.scores.fused + LOGIT_WEIGHT * counted
      return { ...item, scores: { ...item.scores, fused, ...(read === undefined ? {} : { rerank: read }) } }
    })
    .sort(byFused)
}

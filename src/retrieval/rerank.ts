import type { Language } from '../domain/language.ts'
import type { Reranker } from '../ports/reranker.ts'
import type { RankedChunk } from './rank.ts'

export interface RerankOptions {
  readonly question: string
  readonly language: Language
  readonly withinMs: number
  readonly signal: AbortSignal
}

/** Passages that the reranker reads, best first. */
const MAX_RERANKED = 10

/** Reorders the passages in the model's languages among themselves; all others keep their places. */
export async function rerank(
  reranker: Reranker,
  { question, language, withinMs, signal }: RerankOptions,
  ranked: readonly RankedChunk[],
): Promise<RankedChunk[]> {
  if (!reranker.languages.includes(language)) return [...ranked]
  const readable = ranked
    .slice(0, MAX_RERANKED)
    .filter(({ candidate }) => reranker.languages.includes(candidate.language))
  const logits = await reranker.rerank(
    question,
    readable.map(({ candidate }) => candidate.text),
    { withinMs, signal },
  )
  const reread = logits.flatMap((logit, index) => {
    const item = readable[index]
    return item === undefined ? [] : [{ ...item, scores: { ...item.scores, rerank: logit } }]
  })
  const places = new Set(readable.slice(0, reread.length))
  const ordered = reread.sort((left, right) => right.scores.rerank - left.scores.rerank).values()
  return ranked.map((item) => (places.has(item) ? (ordered.next().value ?? item) : item))
}

/**
 * One score from all that is known of a passage. A weighted sum of values that do not depend on which other
 * passages were found, so that neither an approximate index nor the size of the collection moves it.
 *
 * Logits of a softmax over the passages of a question, learnt on every other article of XQuAD. `node
 * bench/fusion.ts` fits them again and prints what both sets find on both halves; docs/QUALITY.md has the results.
 */
import type { Language } from '../domain/language.ts'

export interface Features {
  /** Cosine of question and passage. */
  readonly vector: number
  /** BM25 as a share of what a passage would score that held every word of the question once, about 0 to 1.5. */
  readonly lexical: number
  readonly coverage: number
  readonly proximity: number
  /** Cosine of the question and the best sentence, above that of the passage; 0 when it was not looked at. */
  readonly sentence: number
}

export type FusionWeights = Readonly<Record<keyof Features, number>>

export const FUSION_WEIGHTS: Readonly<Record<Language, FusionWeights>> = {
  en: { vector: 106.8, lexical: 2.7, coverage: 3.7, proximity: 8.5, sentence: 40 },
  ru: { vector: 98.6, lexical: 4.9, coverage: 3.5, proximity: 5.5, sentence: 60 },
}

/** The sum in units of the cosine, which users can compare with the vector's score. */
export function fuse(weights: FusionWeights, features: Features): number {
  const words =
    weights.lexical * features.lexical +
    weights.coverage * features.coverage +
    weights.proximity * features.proximity
  return features.vector + (words + weights.sentence * features.sentence) / weights.vector
}

/** Probability that the best passage is the right one, rather than another of the list. */
export function certainty(weights: FusionWeights, fused: readonly number[]): number {
  const best = Math.max(...fused)
  return 1 / fused.reduce((sum, score) => sum + Math.exp((score - best) * weights.vector), 0)
}

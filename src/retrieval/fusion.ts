/**
 * One score from all that is known of a passage. A weighted sum of values that do not depend on which other
 * passages were found, so that neither an approximate index nor the size of the collection moves it.
 */

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

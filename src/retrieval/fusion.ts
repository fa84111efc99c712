/**
 * One score from all features of a passage: a weighted sum of values that do not depend on the other passages found,
 * so neither an approximate index nor the size of the collection changes it.
 */

export interface Features {
  /** Cosine of question and passage. */
  readonly vector: number
  /** BM25 relative to a passage that contains every word of the question once, about 0 to 1.5. */
  readonly lexical: number
  readonly coverage: number
  readonly proximity: number
  /** Share of the question, by idf, that the names of the passage contain: its path, title and headings. */
  readonly names: number
  /** How far the cosine of the best sentence exceeds that of the passage; 0 if sentences were not compared. */
  readonly sentence: number
}

export type FusionWeights = Readonly<Record<keyof Features, number>>

/** The sum in units of the cosine, comparable with the vector score for users. */
export function fuse(weights: FusionWeights, features: Features): number {
  const words =
    weights.lexical * features.lexical +
    weights.coverage * features.coverage +
    weights.proximity * features.proximity +
    weights.names * features.names
  return features.vector + (words + weights.sentence * features.sentence) / weights.vector
}

/** Probability that the top passage of the list is the right one. */
export function certainty(weights: FusionWeights, fused: readonly number[]): number {
  const best = Math.max(...fused)
  return 1 / fused.reduce((sum, score) => sum + Math.exp((score - best) * weights.vector), 0)
}

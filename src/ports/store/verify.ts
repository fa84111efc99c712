import type { INDEX_PROBLEMS } from '../../domain/document.ts'

export interface VerifyProblem {
  readonly kind: (typeof INDEX_PROBLEMS)[number]
  readonly count: number
  readonly fixed: boolean
  /** The first few places, for display. */
  readonly examples: readonly string[]
}

/** What was checked, and what is wrong. */
export interface Verification {
  /** Its name. */
  readonly collection: string
  /** Null if nothing was ever ingested. */
  readonly generation: number | null
  readonly documents: number
  readonly chunks: number
  /** Recall of the approximate index against an exact search, on a sample; null if there is none. */
  readonly recall: number | null
  readonly problems: readonly VerifyProblem[]
}

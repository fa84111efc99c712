import type { Language } from '../domain/language.ts'

/** Reads question and passage together: slower than comparing vectors, and better at the top of the list. */
export interface Reranker {
  readonly name: string
  /** What it was trained on: texts in others it orders worse than they were. */
  readonly languages: readonly Language[]
  /**
   * A logit per passage, in order; those that `withinMs` did not suffice for are missing at the end.
   * Throws `cancelled`, `overloaded` and `internal`.
   */
  rerank: (
    question: string,
    passages: readonly string[],
    options: { readonly withinMs: number; readonly signal: AbortSignal },
  ) => Promise<readonly number[]>
}

import type { Language } from '../domain/language.ts'

/** Reads question and passage together: slower than comparing vectors, but better at the top of the list. */
export interface Reranker {
  readonly name: string
  /** The languages it was trained on: it worsens the order of texts in others. */
  readonly languages: readonly Language[]
  /**
   * A logit per passage, in order; passages not reached within `withinMs` are missing at the end. Throws
   * `cancelled`, `overloaded` and `internal`.
   */
  rerank: (
    question: string,
    passages: readonly string[],
    options: { readonly withinMs: number; readonly signal: AbortSignal },
  ) => Promise<readonly number[]>
}

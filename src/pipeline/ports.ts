/** What the pipeline needs from the outside: small interfaces, owned here, filled in by daemon/compose.ts. */
import type { Answer, Citation, Passage, Turn, Usage } from '../domain/answer.ts'
import type { Embedder } from '../domain/embedding.ts'
import type { Language } from '../domain/language.ts'
import type { Reranker } from '../domain/reranking.ts'
import type { Store } from '../store/store.ts'

/** What a generator yields; the concatenated deltas are the answer's text. */
export type GeneratorEvent =
  | { readonly type: 'delta'; readonly text: string }
  | { readonly type: 'citation'; readonly citation: Citation }
  | {
      readonly type: 'end'
      readonly refused: boolean
      /** False when the text was cut off: such an answer is shown, with a warning, but never reused. */
      readonly complete: boolean
      readonly usage?: Usage
      readonly warnings?: readonly string[]
    }

export interface GenerateInput {
  readonly question: string
  /** The question with what it leans on; equal to it when it leans on nothing. */
  readonly standalone: string
  /** Of `standalone`. */
  readonly questionVector: Float32Array
  readonly language: Language
  /** Best first. */
  readonly passages: readonly Passage[]
  /** Earlier turns of the conversation, oldest first. */
  readonly history: readonly Turn[]
  readonly signal: AbortSignal
}

export interface Generator {
  /** Name and model, for example `extractive` or `openai:gpt-4o-mini`; part of the cache key. */
  readonly id: string
  /** Raised when prompt or algorithm change; part of the cache key. */
  readonly promptVersion: string
  generate(input: GenerateInput): AsyncIterable<GeneratorEvent>
  /**
   * The question made standalone with the history, which is not empty. Undefined when it could not; absent where
   * the generator is no language model. Throws only when `signal` is aborted.
   */
  rewrite?(question: string, history: readonly Turn[], signal: AbortSignal): Promise<string | undefined>
}

export interface Generators {
  /** Throws `unknown_engine`. */
  get(name?: string): Generator
  names(): string[]
}

/** The exact tier: complete, grounded, history-free answers by key. */
export interface AnswerCache {
  get(key: string): Promise<CachedAnswer | undefined>
  set(key: string, answer: CachedAnswer): Promise<void>
}

export type CachedAnswer = Pick<
  Answer,
  'question' | 'text' | 'refused' | 'citations' | 'generator' | 'language' | 'warnings'
>

export interface Ports {
  readonly store: Store
  /** Absent when the configuration turns the cache off. */
  readonly cache?: AnswerCache
  readonly embedder: Embedder
  /** Absent when none is configured. */
  readonly reranker?: Reranker
  readonly generators: Generators
}

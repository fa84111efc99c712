/** What the pipeline needs from the outside: small interfaces, owned here, filled in by daemon/compose.ts. */
import type { CachePlace } from '../cache/key.ts'
import type { Answer, CacheHit, Citation, Passage, Turn, Usage } from '../domain/answer.ts'
import type { Embedder, Embedders } from '../domain/embedding.ts'
import type { ErrorCode } from '../domain/errors.ts'
import type { Language } from '../domain/language.ts'
import type { Principal } from '../domain/principal.ts'
import type { Reranker } from '../domain/reranking.ts'
import type { RetrievedPassages } from '../retrieval/retrieve.ts'
import type { CachedAnswer } from '../store/ports/cached-answers.ts'
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

/** For whom an engine works. */
export interface EngineWork {
  /** Id of the asker: what is kept of the work serves nobody else. */
  readonly asker: string
  readonly signal: AbortSignal
  /** Told when a completion ends, however it ends: the tokens that it used. */
  readonly spend: (tokens: number) => void
}

export interface GenerateInput extends EngineWork {
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
}

export interface Generator {
  /** Name and model, for example `extractive` or `openai:gpt-4o-mini`; part of the cache key. */
  readonly id: string
  /** Another one when prompt, algorithm or a setting that decides the answer changes; part of the cache key. */
  readonly promptVersion: string
  generate(input: GenerateInput): AsyncIterable<GeneratorEvent>
  /**
   * The question made standalone with the history, which is not empty. Undefined when it could not; absent where
   * the generator is no language model. Throws only when the signal is aborted.
   */
  rewrite?(question: string, history: readonly Turn[], work: EngineWork): Promise<string | undefined>
}

export type EngineState =
  | { readonly state: 'ok' }
  /** It failed often in a row, lately so, and is not asked until then. */
  | { readonly state: 'resting'; readonly until: Date; readonly because: ErrorCode }

export interface Generators {
  /** With its fallbacks, where it has any. Throws `unknown_engine`. */
  get(name?: string): Generator
  /** Without fallbacks. Throws `unknown_engine`. */
  alone(name: string): Generator
  names(): string[]
  /** Throws `unknown_engine`. */
  state(name: string): EngineState
}

/** What an ask is looked up and kept by. */
export interface CacheQuery extends CachePlace {
  readonly question: string
  readonly language: Language
  /** Of the question. */
  readonly vector: Float32Array
}

export interface FoundAnswer {
  readonly tier: CacheHit['tier']
  readonly answer: CachedAnswer
  /** Whether it was found by the very question, which needs no second search. */
  readonly remembered: boolean
}

/** Values by key, in memory or in Redis. It may forget at any time, and never throws. */
export interface Tier<V> {
  get(key: string): Promise<V | undefined>
  set(key: string, value: V): Promise<void>
  delete(key: string): Promise<void>
  clear(): Promise<void>
}

/** Since the daemon started. */
export interface CacheCounts {
  readonly hits: { readonly exact: number; readonly semantic: number }
  readonly misses: number
  /** Of the misses, those where an answer was found that could no longer be given. */
  readonly outdated: number
  /** Questions that were near enough to an earlier one and yet not the same, by what made the difference. */
  readonly refusals: Readonly<Record<string, number>>
}

/** Complete, grounded, history-free answers, by the question and by its meaning. */
export interface AnswerCache {
  /** What may answer the question, if the database agrees: see AnswerRepository.complete. */
  find(principal: Principal, query: CacheQuery): Promise<FoundAnswer | undefined>
  /** The answer that was found has been given. Rejects as little as `keep`. */
  served(query: CacheQuery, found: FoundAnswer): Promise<void>
  /** The answer that was found may no longer be given. */
  outdated(query: CacheQuery): Promise<void>
  /** Nothing was found. */
  missed(): void
  /** Never rejects: what could not be kept is in the log, and the answer is given all the same. */
  keep(principal: Principal, query: CacheQuery, answer: Answer): Promise<void>
  counts(): CacheCounts
  /** Of the answers in the database that can still be given. */
  stats(principal: Principal): Promise<{ readonly entries: number; readonly bytes: number }>
  /** How many answers were forgotten. */
  clear(principal: Principal): Promise<number>
}

export interface Ports {
  readonly store: Store
  /** Absent when the configuration turns the cache off. */
  readonly cache?: AnswerCache
  /** What searches found; absent as the cache. */
  readonly passages?: Tier<RetrievedPassages>
  /** The built-in model, on whose scale answers and similar questions are judged. */
  readonly embedder: Embedder
  /** The models of the collections. */
  readonly embedders: Embedders
  /** Absent when none is configured. */
  readonly reranker?: Reranker
  readonly generators: Generators
}

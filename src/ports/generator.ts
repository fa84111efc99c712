import type { Citation, Passage, Turn, Usage } from '../domain/answer.ts'
import type { ErrorCode } from '../domain/errors.ts'
import type { Language } from '../domain/language.ts'

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
  generate: (input: GenerateInput) => AsyncIterable<GeneratorEvent>
  /**
   * The question made standalone with the history, which is not empty. Undefined when it could not; absent where
   * the generator is no language model. Throws only when the signal is aborted.
   */
  rewrite?: (question: string, history: readonly Turn[], work: EngineWork) => Promise<string | undefined>
}

export type EngineState =
  | { readonly state: 'ok' }
  /** It failed often in a row, lately so, and is not asked until then. */
  | { readonly state: 'resting'; readonly until: Date; readonly because: ErrorCode }

export interface ListedEngine {
  readonly name: string
  readonly kind: string
  readonly model: string
  readonly state: EngineState
}

export interface Generators {
  /** The engine of that name, else the one that `answer.engine` names: that one with its fallbacks. Throws `unknown_engine`. */
  withFallbacks: (name?: string) => Generator
  /** Without fallbacks. Throws `unknown_engine`. */
  alone: (name: string) => Generator
  has: (name: string) => boolean
  list: () => readonly ListedEngine[]
}

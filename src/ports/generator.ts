import type { Citation, Passage, Turn, Usage } from '../domain/answer.ts'
import type { Excerpt } from '../domain/block.ts'
import type { Certainty } from '../domain/certainty.ts'
import type { ErrorCode } from '../domain/errors.ts'
import type { Language } from '../domain/language.ts'

/** What a generator yields; the joined deltas are the answer's text. */
export type GeneratorEvent =
  | { readonly type: 'delta'; readonly text: string }
  | { readonly type: 'citation'; readonly citation: Citation }
  | {
      readonly type: 'end'
      /** What is not found gets help after its text; the text of an unsure answer says so itself. */
      readonly certainty: Certainty
      /** False if the text was cut off, or says that a part of the question was not found: such an answer is never cached. */
      readonly complete: boolean
      readonly usage?: Usage
      readonly warnings?: readonly string[]
    }

/** The asker that an engine works for. */
export interface EngineWork {
  /** Id of the asker: results kept from this work are never used for anybody else. */
  readonly asker: string
  readonly signal: AbortSignal
  /** Called when a completion ends, however it ends, with the tokens it used. */
  readonly spend: (tokens: number) => void
}

export interface GenerateInput extends EngineWork {
  readonly question: string
  /** The question as a standalone one; the same unless it was a follow-up. */
  readonly standalone: string
  /** Vector of `standalone`. */
  readonly questionVector: Float32Array
  readonly language: Language
  /** Best first. */
  readonly passages: readonly Passage[]
  /** What the passages are made of; the best passage's document first. */
  readonly excerpts: readonly Excerpt[]
  /** Earlier turns of the conversation, oldest first. */
  readonly history: readonly Turn[]
  /** Absent if the question asks one thing. */
  readonly several?: SeveralInput | undefined
  /** Text of this answer that a lost attempt has shown, from the same passages: the answer may begin with it. */
  readonly begun?: string | undefined
}

/** A passage list with what it is made of. */
type Found = Pick<GenerateInput, 'passages' | 'excerpts'>

/** The parts of a question that asks several things, for engines that answer one by one. */
export interface SeveralInput {
  /** `sides`: the same is asked of several things, which one passage may tell together. */
  readonly kind: 'questions' | 'sides'
  /** What was found for the question itself; the passages of the input are those of all searches. */
  readonly whole: Found
  readonly parts: readonly PartInput[]
}

export interface PartInput extends Found, Pick<GenerateInput, 'standalone' | 'questionVector'> {
  /** As it was asked. */
  readonly asked: string
}

export interface Generator {
  /** Name and model, for example `extractive` or `openai:gpt-4o-mini`; part of the cache key. */
  readonly id: string
  /** Changes when the prompt, the algorithm or a setting that decides the answer changes; part of the cache key. */
  readonly promptVersion: string
  generate: (input: GenerateInput) => AsyncIterable<GeneratorEvent>
  /** Whether it goes on with a text that it has begun, or writes the same again; else an attempt starts from nothing. */
  readonly continues?: boolean
  /**
   * Makes the question standalone with the history, which is not empty. Undefined if that failed; absent if the
   * generator has no language model. Throws only if the signal is aborted.
   */
  rewrite?: (question: string, history: readonly Turn[], work: EngineWork) => Promise<string | undefined>
}

export type EngineState =
  | { readonly state: 'ok' }
  /** The circuit breaker is open after several failures in a row. */
  | { readonly state: 'resting'; readonly until: Date; readonly because: ErrorCode }

export interface ListedEngine {
  readonly name: string
  readonly kind: string
  readonly model: string
  readonly state: EngineState
}

export interface Generators {
  /** The engine with that name, else `answer.engine` with its fallbacks. Throws `unknown_engine`. */
  withFallbacks: (name?: string) => Generator
  /** Without fallbacks. Throws `unknown_engine`. */
  alone: (name: string) => Generator
  has: (name: string) => boolean
  list: () => readonly ListedEngine[]
}

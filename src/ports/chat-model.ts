/** A local language model, as src/generate sees it. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

export interface GenerationOptions {
  /** Tokens of the answer; fewer if the context window ends first. */
  readonly maxTokens: number
  /** 0 always takes the most likely token. */
  readonly temperature: number
  /** Samples only from this many most likely tokens; 0: from all. */
  readonly topK: number
  /** Samples only from the most likely tokens with this total probability, 0 to 1. */
  readonly topP: number
  /** Samples only from tokens with this share of the top token's probability, 0 to 1. */
  readonly minP: number
  /** Above 1, tokens that have occurred become less likely. */
  readonly repetitionPenalty: number
  /** The same seed gives the same text; without one each text differs. */
  readonly seed?: number | undefined
  /** Texts that end the answer; they are not part of it. */
  readonly stop: readonly string[]
}

export type GenerationPiece =
  | {
      readonly type: 'text'
      readonly text: string
      readonly promptTokens: number
      /** So far. */
      readonly completionTokens: number
    }
  | {
      readonly type: 'end'
      readonly finish: 'stop' | 'length'
      readonly promptTokens: number
      /** Prompt tokens whose computation was cached. */
      readonly cachedTokens: number
      readonly completionTokens: number
    }

export interface LanguageModel {
  readonly name: string
  /** Identifies name, files and configuration. */
  readonly fingerprint: string
  readonly contextTokens: number
  /** Tokens of the prompt that `stream` would make of a chat. Throws what `stream` throws. */
  count: (messages: readonly ChatMessage[], signal: AbortSignal) => Promise<number>
  /**
   * Streams the answer to a chat; goes on with the last message if that is the assistant's. Throws `engine_failed` (the prompt is too long, the process died or used too
   * much memory), `overloaded`, `model_corrupt`, `model_too_large`, and the reason of an aborted signal.
   */
  stream: (
    messages: readonly ChatMessage[],
    options: GenerationOptions,
    signal: AbortSignal,
  ) => AsyncIterable<GenerationPiece>
}

/** A language model that runs here, as src/generate sees it. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

export interface GenerationOptions {
  /** Tokens of the answer; less where the context window ends before. */
  readonly maxTokens: number
  /** 0 takes the likeliest token always. */
  readonly temperature: number
  /** Only the likeliest so many; 0 for all. */
  readonly topK: number
  /** Only the likeliest that together have this probability, 0 to 1. */
  readonly topP: number
  /** Only those with this share of the likeliest's probability, 0 to 1. */
  readonly minP: number
  /** Above 1, what has occurred becomes less likely. */
  readonly repetitionPenalty: number
  /** The same seed gives the same text; without it each text is another. */
  readonly seed?: number | undefined
  /** Texts that end the answer; they are no part of it. */
  readonly stop: readonly string[]
}

export type GenerationPiece =
  | {
      readonly type: 'text'
      readonly text: string
      readonly promptTokens: number
      /** Until now. */
      readonly completionTokens: number
    }
  | {
      readonly type: 'end'
      readonly finish: 'stop' | 'length'
      readonly promptTokens: number
      /** Of the prompt, what an earlier one had computed. */
      readonly cachedTokens: number
      readonly completionTokens: number
    }

export interface LanguageModel {
  readonly name: string
  /** Stable identity of name, files and use. */
  readonly fingerprint: string
  readonly contextTokens: number
  /**
   * The answer to a chat as it is written. Throws `engine_failed` (the prompt is too long, the process ended, needed
   * too much memory), `overloaded`, `model_corrupt`, `model_too_large`, and the reason of an aborted signal.
   */
  stream: (
    messages: readonly ChatMessage[],
    options: GenerationOptions,
    signal: AbortSignal,
  ) => AsyncIterable<GenerationPiece>
}

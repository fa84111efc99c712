import type { Span } from '../domain/document.ts'

export interface EmbeddingModel {
  /** Identifies name and file: part of every index and cache key. */
  readonly fingerprint: string
  readonly name: string
  readonly dimensions: number
  /** Longest input in tokens, including special tokens; longer texts are truncated. */
  readonly maxTokens: number
}

export interface Embedding {
  /** L2-normalised. */
  readonly vector: Float32Array
  readonly tokens: number
  /** Share of the text's characters without a token, 0 to 1: a script the model was not trained on. */
  readonly unknown: number
  readonly truncated: boolean
}

export interface EmbedOptions extends EncodeOptions {
  /** Selects the model's prefix: questions and passages are embedded differently. */
  readonly as: 'query' | 'passage'
}

export interface EncodeOptions {
  /** `question` has priority over all waiting `ingest` work. */
  readonly priority: 'question' | 'ingest'
  readonly signal?: AbortSignal
}

/** A text, and its parts to compare with a question. They may overlap. */
export interface PartedText {
  readonly text: string
  readonly parts: readonly Span[]
}

/** How well a text matches each token of a question. */
export interface LateInteraction {
  /** Cosine of the question's and the text's vectors, as from `embed`. */
  readonly similarity: number
  /**
   * For each part and each token of the question: the highest cosine between its vector and those of the tokens that
   * begin in the part; −1 if there is none, as in the part lost by truncation.
   */
  readonly best: readonly Float32Array[]
  /** For each part: the cosine of the question's vector and the mean of the part's tokens; 0 where none begins in it. */
  readonly similarities: readonly number[]
  readonly truncated: boolean
}

export interface Interactions {
  /**
   * Spans of the question's tokens, without those of prefix and frame, and those after the 128th. Empty for a separate
   * start-of-word token.
   */
  readonly question: readonly Span[]
  /** One for each text, in order. */
  readonly texts: readonly LateInteraction[]
}

export interface Embedder {
  readonly model: EmbeddingModel
  /** One embedding per text, in order. Deterministic: the same text always gives the same vector. */
  embed: (texts: readonly string[], options: EmbedOptions) => Promise<Embedding[]>
  /**
   * Compares a question with texts token by token (ColBERT's MaxSim). Texts are embedded as passages, and their token
   * vectors cached for a while; a text that is not cached counts as one in the queue. Absent if the model gives no token
   * vectors.
   */
  interact?: (question: string, texts: readonly PartedText[], options: EncodeOptions) => Promise<Interactions>
}

/** The embedding models of this machine, loaded on demand. */
export interface Embedders {
  /**
   * By reference: `builtin`, `org/name[@revision][:variant]` or a folder. Throws `unknown_model`,
   * `unsupported_model`, `model_corrupt` and `bad_request`; its `embed` also throws errors from loading the model.
   */
  get: (reference: string) => Promise<Embedder>
}

/** Counts and truncates text like the embedding model; used by the splitter. */
export interface Tokenizer {
  /** Tokens of the text without special tokens. */
  count: (text: string) => number
}

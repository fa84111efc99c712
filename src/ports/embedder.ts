import type { Span } from '../domain/document.ts'

export interface EmbeddingModel {
  /** Stable identity of name and file: part of every index and cache key. */
  readonly fingerprint: string
  readonly name: string
  readonly dimensions: number
  /** Longest input in tokens, special tokens included; longer texts are cut. */
  readonly maxTokens: number
}

export interface Embedding {
  /** L2-normalised. */
  readonly vector: Float32Array
  readonly tokens: number
  /** Share of the text's characters that no token stands for, 0 to 1: a script the model was not trained on. */
  readonly unknown: number
  readonly truncated: boolean
}

export interface EmbedOptions extends EncodeOptions {
  /** Selects the model's prefix: questions and passages are embedded differently. */
  readonly as: 'query' | 'passage'
}

export interface EncodeOptions {
  /** `question` goes before all waiting `ingest` work. */
  readonly priority: 'question' | 'ingest'
  readonly signal?: AbortSignal
}

/** A text, and the parts of it that are compared with a question. They may overlap. */
export interface PartedText {
  readonly text: string
  readonly parts: readonly Span[]
}

/** How well each token of a question is met by a text. */
export interface LateInteraction {
  /** Cosine of the question's and the text's vectors, as `embed` gives them. */
  readonly similarity: number
  /**
   * For each part, for each token of the question: the highest cosine of its vector and those of the tokens that begin in
   * the part; −1 where none does, as in what a cut text has lost.
   */
  readonly best: readonly Float32Array[]
  readonly truncated: boolean
}

export interface Interactions {
  /**
   * Where the question's tokens begin and end: those of prefix and frame are left out, and those after the 128th. Empty for
   * the mark of a word's beginning, where that is a token of its own.
   */
  readonly question: readonly Span[]
  /** One for each text, in order. */
  readonly texts: readonly LateInteraction[]
}

export interface Embedder {
  readonly model: EmbeddingModel
  /** One embedding per text, in order. The same text always gives the same vector. */
  embed: (texts: readonly string[], options: EmbedOptions) => Promise<Embedding[]>
  /**
   * Compares a question with texts token by token (ColBERT's MaxSim). Texts are embedded as passages, and their tokens remembered
   * for a while; each that is not counts as a text that waits. Absent where a model gives no vectors of tokens.
   */
  interact?: (question: string, texts: readonly PartedText[], options: EncodeOptions) => Promise<Interactions>
}

/** The embedding models of this machine, loaded when they are used. */
export interface Embedders {
  /**
   * By reference: `builtin`, `org/name[@revision][:variant]` or a folder. Throws `unknown_model`,
   * `unsupported_model`, `model_corrupt` and `bad_request`; its `embed` also what loading a model throws.
   */
  get: (reference: string) => Promise<Embedder>
}

/** Counts and cuts text as the embedding model does; used by the splitter. */
export interface Tokenizer {
  /** Tokens of the text without special tokens. */
  count: (text: string) => number
}

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

export interface EmbedOptions {
  /** Selects the model's prefix: questions and passages are embedded differently. */
  readonly as: 'query' | 'passage'
  /** `question` goes before all waiting `ingest` work. */
  readonly priority: 'question' | 'ingest'
  readonly signal?: AbortSignal
}

export interface Embedder {
  readonly model: EmbeddingModel
  /** One embedding per text, in order. The same text always gives the same vector. */
  embed: (texts: readonly string[], options: EmbedOptions) => Promise<Embedding[]>
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

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

export interface EmbedOptions {
  /** Selects the model's prefix: questions and passages are embedded differently. */
  readonly as: 'query' | 'passage'
  /** `question` has priority over all waiting `ingest` work. */
  readonly priority: 'question' | 'ingest'
  readonly signal?: AbortSignal
}

export interface Embedder {
  readonly model: EmbeddingModel
  /** One embedding per text, in order. Deterministic: the same text always gives the same vector. */
  embed: (texts: readonly string[], options: EmbedOptions) => Promise<Embedding[]>
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

import type { EmbeddingModel } from '../src/ports/embedder.ts'

export type ModelRole = 'embedder' | 'reranker' | 'generator'

/** How token vectors are pooled to the text's vector, if the network does not do it. */
export type Pooling = 'mean' | 'cls' | 'last' | 'max'

/** A model whose files are on disk. */
export interface ModelFiles {
  /** `org/name` on the hub, or the folder's name. */
  readonly name: string
  readonly folder: string
  /** Network file, relative to the folder, with its external data beside it. */
  readonly onnx: string
  /**
   * Checksum (hex) of every file that affects the model's output, by path relative to the folder: SHA-256, or with 40
   * digits the SHA-1 of the git blob, which the hub gives for small files.
   */
  readonly checksums: Readonly<Record<string, string>>
  /** Identifies name, files and configuration: part of every index and cache key. */
  readonly fingerprint: string
}

/** An embedding model on disk, with its usage from its files or the catalogue. */
export interface LocalModel extends ModelFiles {
  readonly dimensions: number
  /** Longest input in tokens, including special tokens. */
  readonly maxTokens: number
  /** Prepended to every text, including the space. */
  readonly prefixes: { readonly query: string; readonly passage: string }
  readonly pooling: Pooling
  /** The network's output with the token vectors, if used: then its tokenizer splits words separately. */
  readonly tokenOutput?: string
}

/** A cross-encoder that gives a pair of texts one logit. */
export interface LocalReranker extends ModelFiles {
  readonly maxTokens: number
  /** ISO 639-1 codes; `multilingual` for many. */
  readonly languages: readonly string[]
}

/** A causal language model in the layout of transformers.js. */
export interface LocalGenerator extends ModelFiles {
  /** Context window: prompt and answer together. */
  readonly contextTokens: number
}

export function embeddingModel({ name, dimensions, maxTokens, fingerprint }: LocalModel): EmbeddingModel {
  return { name, dimensions, maxTokens, fingerprint }
}

import type { EmbeddingModel } from '../src/ports/embedder.ts'

export type ModelRole = 'embedder' | 'reranker' | 'generator'

/** How token vectors become the text's vector, where the network does not do it itself. */
export type Pooling = 'mean' | 'cls' | 'last' | 'max'

/** A model whose files are on disk. */
export interface ModelFiles {
  /** `org/name` on the hub, or the folder's name. */
  readonly name: string
  readonly folder: string
  /** Network file, relative to the folder; its external data lies beside it. */
  readonly onnx: string
  /**
   * Checksum (hex) of every file that decides what the model gives, by path relative to the folder: SHA-256, or
   * with 40 digits the SHA-1 of the git blob, as the hub states it for small files.
   */
  readonly checksums: Readonly<Record<string, string>>
  /** Stable identity of name, files and use: part of every index and cache key. */
  readonly fingerprint: string
}

/** An embedding model on disk, with what its files or the catalogue say of its use. */
export interface LocalModel extends ModelFiles {
  readonly dimensions: number
  /** Longest input in tokens, special tokens included. */
  readonly maxTokens: number
  /** Put before every text, the space included. */
  readonly prefixes: { readonly query: string; readonly passage: string }
  readonly pooling: Pooling
  /** Output of the network that holds the token vectors, where they are used: then its tokenizer cuts up words one by one. */
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
  /** Its context window, prompt and answer together. */
  readonly contextTokens: number
}

export function embeddingModel({ name, dimensions, maxTokens, fingerprint }: LocalModel): EmbeddingModel {
  return { name, dimensions, maxTokens, fingerprint }
}

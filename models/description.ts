import type { EmbeddingModel } from '../src/domain/embedding.ts'

/** An embedding model on disk: what a catalogue knows about it, and where its files lie. */
export interface LocalModel {
  readonly folder: string
  readonly name: string
  readonly dimensions: number
  /** Longest input in tokens, special tokens included. */
  readonly maxTokens: number
  /** Put before every text, the space included. */
  readonly prefixes: { readonly query: string; readonly passage: string }
  /** What the model was trained to read, for messages to users: `English and Russian`. */
  readonly languages: string
  /** Network file, relative to the model's folder. */
  readonly onnx: string
  /** SHA-256 (hex) of every file that decides the vectors, by path relative to the folder. */
  readonly checksums: Readonly<Record<string, string>>
}

export function embeddingModel(model: LocalModel): EmbeddingModel {
  const { name, dimensions, maxTokens, onnx, checksums } = model
  return { name, dimensions, maxTokens, fingerprint: `${name}@${checksums[onnx]?.slice(0, 12)}` }
}

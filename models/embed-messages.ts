/** Messages between the embedder and its worker threads. */
import { z } from 'zod'
import type { Embedding } from '../src/ports/embedder.ts'

export const workerDataSchema = z.strictObject({
  folder: z.string(),
  onnx: z.string(),
  maxTokens: z.int(),
  dimensions: z.int(),
  pooling: z.enum(['mean', 'cls', 'last', 'max']),
  tokenOutput: z.string().optional(),
  threads: z.int(),
  provider: z.string(),
})
export type EmbedWorkerData = z.output<typeof workerDataSchema>

/** The vectors of a text's tokens, without the prefix and special tokens. */
export interface TokenVectors {
  /** Concatenated, each of length 1. */
  readonly vectors: Float32Array<ArrayBuffer>
  /** Start and end of each token in the text without its prefix, in UTF-16 code units. */
  readonly starts: Int32Array<ArrayBuffer>
  readonly ends: Int32Array<ArrayBuffer>
}

export interface Encoding extends Embedding {
  readonly vector: Float32Array<ArrayBuffer>
  /** If requested. */
  readonly tokenVectors?: TokenVectors
}

export interface EmbedRequest {
  readonly type: 'embed'
  readonly id: number
  readonly prefix: string
  /** Without the prefix. */
  readonly text: string
  /** Whether token vectors are requested too. */
  readonly tokens: boolean
  /** Has priority over waiting texts that are not urgent. */
  readonly urgent: boolean
}

/** `close`: finish the current text, drop the rest, exit. */
export type EmbedCommand = EmbedRequest | { readonly type: 'close' }

export type EmbedReply =
  | { readonly type: 'ready' }
  /** Its arrays are transferred, not copied. */
  | { readonly type: 'embedded'; readonly id: number; readonly encoding: Encoding }
  | { readonly type: 'failed'; readonly id: number; readonly message: string }

/** What the embedder and its worker threads tell each other. */
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

/** The vectors of a text's own tokens; those of the prefix and the special tokens are left out. */
export interface TokenVectors {
  /** One after another, each of length 1. */
  readonly vectors: Float32Array<ArrayBuffer>
  /** Where each token begins and ends in the text without its prefix, in UTF-16 code units. */
  readonly starts: Int32Array<ArrayBuffer>
  readonly ends: Int32Array<ArrayBuffer>
}

export interface Encoding extends Embedding {
  readonly vector: Float32Array<ArrayBuffer>
  /** Where they were asked for. */
  readonly tokenVectors?: TokenVectors
}

export interface EmbedRequest {
  readonly type: 'embed'
  readonly id: number
  readonly prefix: string
  /** Follows the prefix. */
  readonly text: string
  /** Whether the vectors of its tokens are wanted, too. */
  readonly tokens: boolean
  /** Goes before waiting texts that are not. */
  readonly urgent: boolean
}

/** `close`: finish the text in hand, drop the rest, end. */
export type EmbedCommand = EmbedRequest | { readonly type: 'close' }

export type EmbedReply =
  | { readonly type: 'ready' }
  /** Its arrays are moved to the receiver, not copied. */
  | { readonly type: 'embedded'; readonly id: number; readonly encoding: Encoding }
  | { readonly type: 'failed'; readonly id: number; readonly message: string }

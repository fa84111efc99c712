/** What the embedder and its worker threads tell each other. */
import { z } from 'zod'

export const workerDataSchema = z.strictObject({
  folder: z.string(),
  onnx: z.string(),
  maxTokens: z.int(),
  dimensions: z.int(),
  pooling: z.enum(['mean', 'cls', 'last', 'max']),
  threads: z.int(),
  provider: z.string(),
})
export type EmbedWorkerData = z.output<typeof workerDataSchema>

export interface EmbedRequest {
  readonly type: 'embed'
  readonly id: number
  /** With the model's prefix. */
  readonly text: string
  /** Goes before waiting texts that are not. */
  readonly urgent: boolean
}

/** `close`: finish the text in hand, drop the rest, end. */
export type EmbedCommand = EmbedRequest | { readonly type: 'close' }

export type EmbedReply =
  | { readonly type: 'ready' }
  | {
      readonly type: 'embedded'
      readonly id: number
      /** Moved to the receiver, not copied. */
      readonly vector: Float32Array<ArrayBuffer>
      readonly tokens: number
      readonly unknown: number
      readonly truncated: boolean
    }
  | { readonly type: 'failed'; readonly id: number; readonly message: string }

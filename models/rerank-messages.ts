/** Messages between the reranker and its worker thread. */
import { z } from 'zod'

export const rerankWorkerDataSchema = z.strictObject({
  folder: z.string(),
  onnx: z.string(),
  maxTokens: z.int(),
  provider: z.string(),
})

export interface RerankRequest {
  readonly type: 'rerank'
  readonly id: number
  readonly question: string
  readonly passages: readonly string[]
  /** `Date.now()` after which no further passage is started. */
  readonly deadline: number
}

/** `cancel`: nobody is waiting any more. `close`: finish the current passage, drop the rest, exit. */
export type RerankCommand =
  | RerankRequest
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'close' }

export type RerankReply =
  | { readonly type: 'ready' }
  | { readonly type: 'reranked'; readonly id: number; readonly logits: readonly number[] }
  | { readonly type: 'failed'; readonly id: number; readonly message: string }

/** What the reranker and its worker thread tell each other. */
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
  /** `Date.now()` after which no passage is begun. */
  readonly deadline: number
}

/** `cancel`: nobody waits for it any more. `close`: finish the passage in hand, drop the rest, end. */
export type RerankCommand =
  | RerankRequest
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'close' }

export type RerankReply =
  | { readonly type: 'ready' }
  | { readonly type: 'reranked'; readonly id: number; readonly logits: readonly number[] }
  | { readonly type: 'failed'; readonly id: number; readonly message: string }

/** Everything an answer needs from outside; daemon/compose.ts fills it in. */
import type { RetrievedPassages } from '../domain/answer.ts'
import type { AnswerCache } from './answer-cache.ts'
import type { Embedder, Embedders } from './embedder.ts'
import type { Generators } from './generator.ts'
import type { Reranker } from './reranker.ts'
import type { Store } from './store/store.ts'
import type { Tier } from './tier.ts'

export interface Ports {
  readonly store: Store
  /** Absent if the cache is turned off. */
  readonly cache?: AnswerCache
  /** Caches search results; absent if the cache is. */
  readonly passages?: Tier<RetrievedPassages>
  /** The built-in model, which scores answers and similar questions. */
  readonly embedder: Embedder
  /** The models of the collections. */
  readonly embedders: Embedders
  /** Absent if none is configured. */
  readonly reranker?: Reranker
  readonly generators: Generators
}

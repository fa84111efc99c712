/** All that an answer needs of the outside; daemon/compose.ts fills it in. */
import type { RetrievedPassages } from '../domain/answer.ts'
import type { AnswerCache } from './answer-cache.ts'
import type { Embedder, Embedders } from './embedder.ts'
import type { Generators } from './generator.ts'
import type { Reranker } from './reranker.ts'
import type { Store } from './store/store.ts'
import type { Tier } from './tier.ts'

export interface Ports {
  readonly store: Store
  /** Absent when the configuration turns the cache off. */
  readonly cache?: AnswerCache
  /** What searches found; absent as the cache. */
  readonly passages?: Tier<RetrievedPassages>
  /** The built-in model, on whose scale answers and similar questions are judged. */
  readonly embedder: Embedder
  /** The models of the collections. */
  readonly embedders: Embedders
  /** Absent when none is configured. */
  readonly reranker?: Reranker
  readonly generators: Generators
}

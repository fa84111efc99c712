/** Which model and splitter a collection's documents are indexed with. */

import { checkSameModel } from '../../../models/same-model.ts'
import type { IndexSpec } from '../../domain/document.ts'
import type { Embedder, Embedders } from '../../ports/embedder.ts'
import type { Store } from '../../ports/store/store.ts'
import { SPLITTER_VERSION } from './splitter.ts'

export interface Indexing {
  readonly spec: IndexSpec
  readonly embedder: Embedder
}

export interface IndexSpecs {
  /** The model the collection is indexed with, or that of new collections. Throws what `Embedders.get` throws. */
  of: (collection: string) => Promise<Indexing>
  /** For the model with this reference. */
  with: (reference: string) => Promise<Indexing>
}

/** `initial`: reference of the model for new collections. */
export function indexSpecs(
  { index }: Pick<Store, 'index'>,
  embedders: Embedders,
  initial: string,
): IndexSpecs {
  const withModel = async (reference: string): Promise<Indexing> => {
    const embedder = await embedders.get(reference)
    const { fingerprint: model, dimensions } = embedder.model
    return { embedder, spec: { reference, model, dimensions, splitter: SPLITTER_VERSION } }
  }
  return {
    with: withModel,
    async of(collection) {
      const live = (await index.live([collection])).get(collection)
      if (live === undefined) return withModel(initial)
      const found = await withModel(live.reference)
      checkSameModel(collection, live, found.spec)
      return found
    },
  }
}

import type { Passage, SearchFilter } from '../domain/answer.ts'
import type { Collection } from '../domain/document.ts'
import type { Principal } from '../domain/principal.ts'
import type { Candidate, Store } from '../store/store.ts'

export interface RetrieveQuery {
  readonly collections: readonly Collection[]
  /** Fingerprint of the model that made `vector`. */
  readonly model: string
  readonly vector: Float32Array
  readonly limit: number
  readonly filter?: SearchFilter
}

/** The passages nearest to the question's vector, best first. */
export async function retrieve(store: Store, principal: Principal, query: RetrieveQuery): Promise<Passage[]> {
  if (query.collections.length === 0) return []
  const candidates = await store.index.nearest(principal, query)
  return candidates.map(toPassage)
}

function toPassage(candidate: Candidate, index: number): Passage {
  const { similarity, heading, page, line, ...rest } = candidate
  return {
    ...rest,
    number: index + 1,
    ...(heading === '' ? {} : { heading }),
    ...(page === undefined ? {} : { page }),
    ...(line === undefined ? {} : { line }),
    score: similarity,
  }
}

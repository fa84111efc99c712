import type { Passage, SearchFilter } from '../domain/answer.ts'
import type { Principal } from '../domain/principal.ts'
import { checkQuestion } from '../domain/question.ts'
import { retrieve } from '../retrieval/retrieve.ts'
import type { Ports } from './ports.ts'

export interface SearchRequest {
  readonly query: string
  readonly collections?: readonly string[] | undefined
  readonly filter?: SearchFilter | undefined
  readonly limit: number
  readonly signal: AbortSignal
}

/** The passages for a query, without an answer: the pipeline's embed and retrieve. */
export async function searchPassages(
  ports: Ports,
  principal: Principal,
  request: SearchRequest,
): Promise<Passage[]> {
  checkQuestion(request.query)
  const collections = await ports.store.collections.readable(principal, request.collections)
  const [embedding] = await ports.embedder.embed([request.query], {
    as: 'query',
    priority: 'question',
    signal: request.signal,
  })
  if (embedding === undefined) throw new Error('the embedder returned nothing')
  return retrieve(ports.store, principal, {
    collections,
    model: ports.embedder.model.fingerprint,
    vector: embedding.vector,
    limit: request.limit,
    ...(request.filter === undefined ? {} : { filter: request.filter }),
  })
}

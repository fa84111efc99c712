import { retrieveRemembered } from '../cache/passages.ts'
import type { Passage, SearchFilter } from '../domain/answer.ts'
import type { Principal } from '../domain/principal.ts'
import { checkQuestion } from '../domain/question.ts'
import type { Ports } from '../ports/ports.ts'
import type { RetrievalSettings } from '../protocol/retrieval.ts'
import { detectLanguage } from '../text/language.ts'

/** Default number of results. */
export const DEFAULT_RESULTS = 10

export interface SearchRequest {
  readonly query: string
  readonly collections?: readonly string[] | undefined
  readonly filter?: SearchFilter | undefined
  readonly retrieval: RetrievalSettings
  readonly limit: number
  readonly signal: AbortSignal
}

/** Finds passages without an answer: the pipeline's embed and retrieve steps. */
export async function searchPassages(
  ports: Ports,
  principal: Principal,
  request: SearchRequest,
): Promise<readonly Passage[]> {
  checkQuestion(request.query)
  const collections = await ports.store.collections.readable(principal, request.collections)
  const [embedding] = await ports.embedder.embed([request.query], {
    as: 'query',
    priority: 'question',
    signal: request.signal,
  })
  if (embedding === undefined) throw new Error('the embedder returned nothing')
  const { passages } = await retrieveRemembered(ports, principal, {
    question: request.query,
    language: detectLanguage(request.query),
    collections,
    vector: embedding.vector,
    settings: request.retrieval,
    limit: request.limit,
    signal: request.signal,
    filter: request.filter,
  })
  return passages
}

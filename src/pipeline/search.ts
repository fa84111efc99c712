import { retrieveRemembered } from '../cache/passages.ts'
import type { Passage, SearchFilter } from '../domain/answer.ts'
import type { Principal } from '../domain/principal.ts'
import { checkQuestion } from '../domain/question.ts'
import type { Ports } from '../ports/ports.ts'
import type { RetrievalSettings } from '../protocol/retrieval.ts'
import type { RetrieveQuery } from '../retrieval/retrieve.ts'
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
  const { query, retrieval: settings, limit, signal, filter } = request
  const language = detectLanguage(query)
  return findPassages(ports, principal, {
    question: query,
    language,
    collections,
    settings,
    limit,
    signal,
    filter,
  })
}

/** Embeds the question and searches. */
export async function findPassages(
  ports: Ports,
  principal: Principal,
  query: Omit<RetrieveQuery, 'vector'>,
): Promise<readonly Passage[]> {
  const { question, signal } = query
  const [embedding] = await ports.embedder.embed([question], { as: 'query', priority: 'question', signal })
  if (embedding === undefined) throw new Error('the embedder returned nothing')
  const { passages } = await retrieveRemembered(ports, principal, { ...query, vector: embedding.vector })
  return passages
}

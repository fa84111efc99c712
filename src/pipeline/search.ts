import { retrieveRemembered } from '../cache/passages.ts'
import type { RetrievedPassages, SearchFilter } from '../domain/answer.ts'
import type { Principal } from '../domain/principal.ts'
import { checkQuestion } from '../domain/question.ts'
import type { Ports } from '../ports/ports.ts'
import type { RetrievalSettings } from '../protocol/retrieval.ts'
import { questionVector } from '../retrieval/question-vector.ts'
import type { RetrieveQuery } from '../retrieval/retrieve.ts'
import { readWrittenFilter } from '../retrieval/written-filter.ts'
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
): Promise<RetrievedPassages> {
  checkQuestion(request.query)
  const { question, filter } = readWrittenFilter(request.query, request.filter)
  const collections = await ports.store.collections.readable(principal, request.collections)
  const { retrieval: settings, limit, signal } = request
  const language = detectLanguage(question)
  return findPassages(ports, principal, {
    question,
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
): Promise<RetrievedPassages> {
  const { question, signal } = query
  const vector = await questionVector(ports.embedder, question, signal)
  return retrieveRemembered(ports, principal, { ...query, vector })
}

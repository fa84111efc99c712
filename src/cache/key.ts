import { createHash } from 'node:crypto'
import { canonicalFilter, type SearchFilter } from '../domain/answer.ts'
import type { Collection } from '../domain/document.ts'
import type { Language } from '../domain/language.ts'
import type { CachePlace } from '../ports/answer-cache.ts'
import type { RetrievalSettings } from '../protocol/retrieval.ts'
import { fold } from '../text/fold.ts'

/** Everything that decides an answer. Asks with equal parts may share one. */
export interface AnswerKeyParts {
  /** The searched collections that the asker can read, with their revisions. */
  readonly collections: readonly Collection[]
  readonly filter?: SearchFilter
  readonly generator: string
  readonly promptVersion: string
  /** Fingerprint of the embedding model. */
  readonly model: string
  /** Name of the reranker, if there is one. */
  readonly reranker?: string
  readonly retrieval: RetrievalSettings
  readonly language: Language
  readonly question: string
}

export function cachePlace(parts: AnswerKeyParts): CachePlace {
  const partition = hash([
    parts.collections.map(({ id, revision }) => `${id}@${revision}`).sort(),
    canonicalFilter(parts.filter),
    parts.generator,
    parts.promptVersion,
    parts.model,
    parts.reranker ?? null,
    Object.entries(parts.retrieval).sort(),
    parts.language,
  ])
  return { partition, key: hash([partition, fold(parts.question)]) }
}

const hash = (parts: readonly unknown[]) => createHash('sha256').update(JSON.stringify(parts)).digest('hex')

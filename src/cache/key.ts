import { createHash } from 'node:crypto'
import { canonicalFilter, type SearchFilter } from '../domain/answer.ts'
import type { Collection } from '../domain/document.ts'
import type { Language } from '../domain/language.ts'
import type { RetrievalSettings } from '../retrieval/settings.ts'

/** Everything that decides an answer. Two asks with equal parts may share one. */
export interface AnswerKeyParts {
  /** The collections that the asker can read and that are searched, with their revisions. */
  readonly collections: readonly Collection[]
  readonly filter?: SearchFilter
  readonly generator: string
  readonly promptVersion: string
  /** Fingerprint of the embedding model. */
  readonly model: string
  readonly retrieval: RetrievalSettings
  readonly language: Language
  readonly question: string
}

/** The exact tier's key. Case is kept: `US` and `us` are different questions. */
export function answerKey(parts: AnswerKeyParts): string {
  const canonical = JSON.stringify([
    parts.collections.map(({ id, revision }) => `${id}@${revision}`).sort(),
    canonicalFilter(parts.filter),
    parts.generator,
    parts.promptVersion,
    parts.model,
    Object.entries(parts.retrieval).sort(),
    parts.language,
    parts.question.normalize('NFC').trim().replace(/\s+/g, ' '),
  ])
  return createHash('sha256').update(canonical).digest('hex')
}

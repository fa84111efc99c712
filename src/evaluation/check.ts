/** Finds missing documents and collections of a set before an hour is spent on it. */
import type { ApiClient } from '../client/api.ts'
import { ChatbotError } from '../domain/errors.ts'
import { dropKnown } from './gold.ts'
import type { EvalQuestion } from './questions.ts'

const DOCUMENTS_PER_PAGE = 1000

/**
 * References to documents that are missing in these collections. Throws `unknown_collection`, and `not_found` if all of
 * them are missing.
 */
export async function unknownDocuments(
  api: ApiClient,
  collections: readonly string[] | undefined,
  questions: readonly EvalQuestion[],
): Promise<string[]> {
  const references = new Set(questions.flatMap(referencesOf))
  const named = references.size
  for (const collection of collections ?? [undefined]) {
    let after: string | undefined
    while (references.size > 0) {
      const { documents } = await api.call('listDocuments', {
        query: { collection, limit: DOCUMENTS_PER_PAGE, after },
      })
      dropKnown(references, documents)
      after = documents.at(-1)?.uri
      if (documents.length < DOCUMENTS_PER_PAGE) break
    }
  }
  if (named > 0 && references.size === named) {
    throw new ChatbotError(
      'not_found',
      `None of the documents of the questions exist here, for example ${[...references][0]}. Ingest them first (chatbot ingest), or name their collection: --collection NAME`,
    )
  }
  return [...references]
}

const referencesOf = ({ documents, passages }: EvalQuestion) => [
  ...documents,
  ...passages.flatMap(({ document }) => document ?? []),
]

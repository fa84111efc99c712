/** Finds the ranks of the results that a question should find. */
import type { Passage } from '../domain/answer.ts'
import { normalised, type Ranks } from './metrics.ts'
import type { EvalQuestion, GoldPassage } from './questions.ts'

type Found = Pick<Passage, 'document' | 'uri' | 'text'>

/**
 * Undefined if the question has nothing to find. Gold passages are ranked among the passages, gold documents among the
 * documents of the passages.
 */
export function ranksOf(question: EvalQuestion, found: readonly Found[]): Ranks | undefined {
  const { documents, passages } = question
  if (documents.length + passages.length === 0) return undefined
  const distinct = [...new Map(found.map((passage) => [passage.document, passage])).values()]
  const first = <T>(list: readonly T[], fits: (item: T) => boolean) => {
    const index = list.findIndex(fits)
    return index < 0 ? null : index + 1
  }
  return [
    ...documents.map((reference) => first(distinct, (passage) => isDocument(passage, reference))),
    ...passages.map((gold) => first(found, (passage) => holds(passage, gold))),
  ]
}

/** Whether a reference in a set matches this document: its id, its uri, or the end of its path. */
export function isDocument({ document, uri }: Pick<Found, 'document' | 'uri'>, reference: string): boolean {
  return document === reference || uri === reference || uri.endsWith(`/${reference.replace(/^\/+/, '')}`)
}

/** The passage contains the gold text, or at least half of a gold text that was split in two. */
function holds(passage: Found, gold: GoldPassage): boolean {
  if (gold.document !== undefined && !isDocument(passage, gold.document)) return false
  const [text, wanted] = [normalised(passage.text), normalised(gold.text)]
  return text.includes(wanted) || (text.length * 2 >= wanted.length && wanted.includes(text))
}

/** Removes the references that match one of these documents. */
export function dropKnown(references: Set<string>, documents: readonly { id: string; uri: string }[]): void {
  for (const { id, uri } of documents) {
    references.delete(id)
    for (let at = 0; at >= 0; at = uri.indexOf('/', at + 1)) {
      references.delete(uri.slice(at))
      references.delete(uri.slice(at + 1))
    }
  }
}

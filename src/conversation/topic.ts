/** What a conversation is about: the names, else the content words, of its latest question that has any. */
import type { Turn } from '../domain/answer.ts'
import { terms } from '../generate/words.ts'

export function topicOf(
  history: readonly Pick<Turn, 'question' | 'searched' | 'text' | 'refused'>[],
): string | undefined {
  for (const turn of history.toReversed()) {
    const topic = subjectOf(turn.searched ?? turn.question)
    if (topic !== undefined) return topic
  }
  return undefined
}

/** Names with what binds them; without any, the content words in their order. */
function subjectOf(question: string): string | undefined {
  const names = [...question.matchAll(NAME)]
    .map(([name]) => name)
    .filter((name) => terms(`x ${name}`).length > 1)
  if (names.length > 0) return [...new Set(names)].join(', ')
  const content = [...question.matchAll(/[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu)]
    .map(([word]) => word)
    .filter((word) => terms(word).length > 0)
  return content.length === 0 ? undefined : content.slice(0, 6).join(' ')
}

const NAME =
  /(?<!^\s*)(?:\p{Lu}[\p{L}\p{N}'’.-]*|\p{N}{4})(?:\s+(?:(?:of|the|and|de|von|van|der|du|la)\s+)*\p{Lu}[\p{L}\p{N}'’.-]*)*|«[^»]+»|"[^"]+"|“[^”]+”/gu

/** What the documents say beyond an answer: the next best passages. */
import { type Citation, type Passage, type SearchFilter, type Turn, unquoted } from '../domain/answer.ts'
import type { AskEvent, ChatClient } from './client.ts'

/** Passages that are shown at once. */
const MAX_PASSAGES = 5
/** Passages to look for where the answer came without any: enough besides those that it quotes. */
const SEARCHED_PASSAGES = 20

/** What is known of an answer. */
export interface Answered {
  /** What was searched for it. */
  readonly query: string
  readonly citations: readonly Citation[]
  /** The passages it was made from; undefined if it came from the cache or an earlier session. */
  readonly context: readonly Passage[] | undefined
}

export const answeredOf = (
  { searched, question, citations }: Pick<Turn, 'searched' | 'question' | 'citations'>,
  context?: readonly Passage[],
): Answered => ({ query: searched ?? question, citations, context })

interface Scope {
  readonly collections?: readonly string[]
  readonly filter?: SearchFilter
}

/** The passages that the answer does not quote, best first, numbered on from its citations. */
export async function morePassages(
  client: Pick<ChatClient, 'search'>,
  { query, citations, context }: Answered,
  scope: Scope,
): Promise<readonly Passage[]> {
  const passages = context ?? (await client.search({ ...scope, query, limit: SEARCHED_PASSAGES })).passages
  const last = citations.reduce((most, { number }) => Math.max(most, number), 0)
  return unquoted(passages, citations)
    .slice(0, MAX_PASSAGES)
    .map((passage, index) => ({ ...passage, number: last + 1 + index }))
}

/** The same events; hands over the passages that go by. */
export async function* watchContext(
  events: AsyncIterable<AskEvent>,
  take: (passages: readonly Passage[]) => void,
): AsyncGenerator<AskEvent, void, undefined> {
  for await (const event of events) {
    if (event.type === 'context') take(event.passages)
    yield event
  }
}

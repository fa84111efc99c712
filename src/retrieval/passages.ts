/** Turns ranked candidates into passages: removes copies, joins neighbours, limits the total. */

import type { Passage } from '../domain/answer.ts'
import { ChatbotError } from '../domain/errors.ts'
import type { Principal } from '../domain/principal.ts'
import type { ChunkCandidate } from '../ports/store/search.ts'
import type { Store } from '../ports/store/store.ts'
import { foldCase } from '../text/fold.ts'
import type { RankedChunk } from './rank.ts'

/** A Markdown heading; only the text under it is compared. */
const HEADING = /^#{1,6}\s[^\n]*$/u

/**
 * Drops passages whose paragraphs all occur in better ones, ignoring headings. Paragraphs that differ in a single
 * word, number or sign are kept: that difference may matter.
 */
export function* withoutCopies(ranked: readonly RankedChunk[], limit: number): Generator<RankedChunk> {
  const texts: string[] = []
  for (const item of ranked) {
    if (texts.length === limit) return
    const { text } = item.candidate
    const paragraphs = text.split(/\n\s*\n/u)
    const body = paragraphs.filter((paragraph) => !HEADING.test(paragraph.trim()))
    const told = (body.length > 0 ? body : [text]).map(comparable)
    if (told.every((paragraph) => texts.some((other) => other.includes(paragraph)))) continue
    texts.push(comparable(text))
    yield item
  }
}

/** Words, signed numbers and operators, each between spaces, so that `10` does not match in `100`. */
const comparable = (text: string): string =>
  ` ${foldCase(text)
    .replace(/(?:(?![-−]\p{N})[^\p{L}\p{N}\p{Sc}<>=≤≥≠±+%])+/gu, ' ')
    .trim()} `

/** One or more consecutive chunks of a document. */
export interface JoinedChunks {
  /** The best-ranked of them. */
  readonly best: RankedChunk
  /** In document order. */
  readonly chunks: readonly ChunkCandidate[]
  readonly text: string
}

/** Chunks per joined passage. */
const MAX_JOINED = 3
/** UTF-16 code units; a longer document is not read just for the few characters between two chunks. */
const MAX_DOCUMENT_CHARACTERS = 500_000

/**
 * The top passages: consecutive chunks are joined, at the rank of the best, with the stored text.
 */
export async function joinNeighbours(
  store: Store,
  principal: Principal,
  ranked: Iterable<RankedChunk>,
  limit: number,
): Promise<JoinedChunks[]> {
  const groups: RankedChunk[][] = []
  for (const item of ranked) {
    const group = groups.find(
      (other) => other.length < MAX_JOINED && other.some((one) => adjacent(one, item)),
    )
    if (group !== undefined) group.push(item)
    else if (groups.length < limit) groups.push([item])
    else break
  }
  const texts = new Map<string, Promise<string>>()
  const textOf = (document: string): Promise<string> => {
    const read = texts.get(document) ?? storedText(store, principal, document)
    texts.set(document, read)
    return read
  }
  const joined = await Promise.all(groups.map((group) => joinGroup(textOf, group)))
  return joined.flat().slice(0, limit)
}

function adjacent({ candidate: left }: RankedChunk, { candidate: right }: RankedChunk): boolean {
  return (
    left.document === right.document &&
    Math.abs(left.ordinal - right.ordinal) === 1 &&
    left.heading === right.heading &&
    left.length <= MAX_DOCUMENT_CHARACTERS
  )
}

async function joinGroup(
  textOf: (document: string) => Promise<string>,
  group: readonly RankedChunk[],
): Promise<JoinedChunks[]> {
  const [best] = group
  if (best === undefined) return []
  const apart = group.map((one) => ({ best: one, chunks: [one.candidate], text: one.candidate.text }))
  if (group.length === 1) return apart
  const chunks = group.map(({ candidate }) => candidate).sort((left, right) => left.start - right.start)
  const stored = await textOf(best.candidate.document)
  // The document may have been replaced since the search.
  if (!chunks.every(({ start, end, text }) => stored.slice(start, end) === text)) return apart
  const end = Math.max(...chunks.map((chunk) => chunk.end))
  return [{ best, chunks, text: stored.slice(chunks[0]?.start, end) }]
}

/** Empty if the document was just deleted. */
async function storedText(store: Store, principal: Principal, document: string): Promise<string> {
  try {
    return (await store.documents.text(principal, document)).text
  } catch (error) {
    if (error instanceof ChatbotError && error.code === 'unknown_document') return ''
    throw error
  }
}

/** As many of the best passages as fit into the token budget, at least one; the warning says how many were left out. */
export function withinBudget(
  joined: readonly JoinedChunks[],
  budget: number,
): { kept: readonly JoinedChunks[]; warnings: string[] } {
  let used = 0
  const kept = joined.filter(({ chunks }, index) => {
    const tokens = chunks.reduce((sum, chunk) => sum + chunk.tokens, 0)
    if (index > 0 && used + tokens > budget) return false
    used += tokens
    return true
  })
  const left = joined.length - kept.length
  if (left === 0) return { kept, warnings: [] }
  const passages = left === 1 ? '1 passage was' : `${left} passages were`
  return {
    kept,
    warnings: [
      `${passages} left out of the context: all ${joined.length} exceed ${budget} tokens (retrieval.maxTokens).`,
    ],
  }
}

export function toPassage({ best, chunks, text }: JoinedChunks, index: number): Passage {
  const { candidate, scores } = best
  const { chunk, document, collection, uri, title } = candidate
  const first = chunks[0] ?? candidate
  const { start, heading, page, line } = first
  return {
    number: index + 1,
    chunk,
    document,
    collection,
    uri,
    title,
    start,
    end: start + text.length,
    text,
    heading: heading || undefined,
    page,
    line,
    score: candidate.similarity,
    scores,
  }
}

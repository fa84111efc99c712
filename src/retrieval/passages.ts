/** From ranked candidates to what is shown and read: no copies, neighbours in one piece, not too much. */

import type { Passage } from '../domain/answer.ts'
import { ChatbotError } from '../domain/errors.ts'
import type { Principal } from '../domain/principal.ts'
import type { ChunkCandidate } from '../ports/store/search.ts'
import type { Store } from '../ports/store/store.ts'
import { foldCase } from '../text/fold.ts'
import type { RankedChunk } from './rank.ts'

/** In Markdown; what stands under it decides. */
const HEADING = /^#{1,6}\s[^\n]*$/u

/**
 * Without those whose paragraphs all stand in better ones, whatever their headings. Paragraphs that differ in a
 * single word, number or sign stay: it may be the one that matters.
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

/** Words, numbers with their signs, and operators, each between spaces, so that `10` is not found in `100`. */
const comparable = (text: string): string =>
  ` ${foldCase(text)
    .replace(/(?:(?![-−]\p{N})[^\p{L}\p{N}\p{Sc}<>=≤≥≠±+%])+/gu, ' ')
    .trim()} `

/** One or several chunks that follow each other in their document. */
export interface JoinedChunks {
  /** The best of them. */
  readonly best: RankedChunk
  /** In the order of the document. */
  readonly chunks: readonly ChunkCandidate[]
  readonly text: string
}

/** Chunks that one passage may be joined from. */
const MAX_JOINED = 3
/** A longer document is not read for the few characters between two chunks. */
const MAX_DOCUMENT_CHARACTERS = 500_000

/**
 * The first passages: chunks that follow each other are joined, at the place of the best of them; the text is the
 * stored one.
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
  // The document may have been replaced since it was searched.
  if (!chunks.every(({ start, end, text }) => stored.slice(start, end) === text)) return apart
  const end = Math.max(...chunks.map((chunk) => chunk.end))
  return [{ best, chunks, text: stored.slice(chunks[0]?.start, end) }]
}

/** Empty when it was just deleted. */
async function storedText(store: Store, principal: Principal, document: string): Promise<string> {
  try {
    return (await store.documents.text(principal, document)).text
  } catch (error) {
    if (error instanceof ChatbotError && error.code === 'unknown_document') return ''
    throw error
  }
}

/** As many of the best as fit into so many tokens, at least one; the warning says what was left out. */
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

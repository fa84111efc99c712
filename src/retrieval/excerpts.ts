/** Reads the blocks around passages from their documents. */
import type { Passage } from '../domain/answer.ts'
import { type Block, type Excerpt, MAX_GROUP_CHARACTERS } from '../domain/block.ts'
import type { Span } from '../domain/document.ts'
import { unpackBlocks } from '../domain/packed-blocks.ts'
import type { Principal } from '../domain/principal.ts'
import { contains, overlap } from '../domain/spans.ts'
import type { DocumentHead, DocumentRange, ReadChunk } from '../ports/store/documents.ts'
import type { Store } from '../ports/store/store.ts'
import { endsWithColon } from '../text/lines.ts'
import { paragraphBlocks, textIn } from '../text/paragraphs.ts'

/**
 * One excerpt per document, that of the best passage first. A block too long to be read whole is cut. Passages of
 * documents replaced since the search are left out.
 */
export async function excerptsOf(
  { documents }: Pick<Store, 'documents'>,
  principal: Principal,
  passages: readonly Passage[],
): Promise<Excerpt[]> {
  const [found, heads] = await Promise.all([
    documents.chunksAt(principal, passages),
    documents.heads(principal, [...new Set(passages.map(({ document }) => document))]),
  ])
  const readings = [...Map.groupBy(passages, ({ document }) => document)].flatMap(([document, own]) => {
    const chunks = found.filter((chunk) => chunk.document === document)
    const fitting = own.filter((passage) => fits(passage, chunks))
    return fitting.length === 0 ? [] : [readingOf(chunks, fitting)]
  })
  const further = await documents.chunksAt(principal, readings.flatMap(stillToRead))
  return readings.flatMap((reading) => {
    const { chunks, passages: own } = reading
    const [first] = chunks
    const more = further.filter(
      ({ document, version }) => document === first?.document && version === first.version,
    )
    const head = heads.find(({ document }) => document === first?.document)
    return excerptOf(more.length === 0 ? reading : readingOf([...chunks, ...more], own), head)
  })
}

/** What has been read of one document. */
interface Reading {
  /** Best first. */
  readonly passages: readonly Passage[]
  /** In document order, like `blocks` and `pieces`. */
  readonly chunks: readonly ReadChunk[]
  readonly blocks: readonly Block[]
  /** Contiguous stretches of text. */
  readonly pieces: readonly Piece[]
}

interface Piece extends Span {
  readonly text: string
}

function fits({ start, end, text }: Passage, chunks: readonly ReadChunk[]): boolean {
  const under = chunks.filter((chunk) => overlap(chunk, { start, end }) > 0)
  return (
    under.length > 0 &&
    under.every((chunk) => {
      const from = Math.max(start, chunk.start)
      const to = Math.min(end, chunk.end)
      return text.slice(from - start, to - start) === chunk.text.slice(from - chunk.start, to - chunk.start)
    })
  )
}

function readingOf(read: readonly ReadChunk[], passages: readonly Passage[]): Reading {
  const byOrdinal = new Map(read.map((chunk) => [chunk.ordinal, chunk]))
  const chunks = [...byOrdinal.values()].sort((left, right) => left.ordinal - right.ordinal)
  const blocks: Block[] = []
  for (const chunk of chunks) {
    const end = blocks.at(-1)?.end ?? 0
    if (chunk.blocks === null) blocks.push(...paragraphBlocks(chunk, end))
    else blocks.push(...unpackBlocks(chunk.blocks).filter((block) => block.start >= end))
  }
  return { passages, chunks, blocks, pieces: joined([...chunks.map(withGap), ...passages]) }
}

/** A chunk's text, with the white space up to the next chunk if a block continues there. */
function withGap({ start, text, blocks }: ReadChunk): Piece {
  const whole = text + (blocks?.gap ?? '')
  return { start, end: start + whole.length, text: whole }
}

/** Merges pieces that touch or overlap. */
function joined(parts: readonly Piece[]): Piece[] {
  const pieces: { start: number; end: number; texts: string[] }[] = []
  for (const { start, end, text } of parts.toSorted((left, right) => left.start - right.start)) {
    const last = pieces.at(-1)
    if (last === undefined || start > last.end) pieces.push({ start, end, texts: [text] })
    else if (end > last.end) {
      last.texts.push(text.slice(last.end - start))
      last.end = end
    }
  }
  return pieces.map(({ texts, ...span }) => ({ ...span, text: texts.join('') }))
}

/** Ranges that the passages' blocks need but that are unread: the rest of them, their lists and tables, and their leads. */
function stillToRead({ passages, chunks, blocks, pieces }: Reading): DocumentRange[] {
  const wanted = blocks.filter((block) => passages.some((passage) => overlap(block, passage) > 0))
  const spans = wanted.flatMap((block) => [...[block, wholeGroup(block)].filter(isShort), ...block.leads])
  const runs = consecutive(chunks)
  const ahead = passages
    .filter(({ text }) => endsWithColon(text.slice(-20).trimEnd()))
    .map(({ end }) => ({ start: end, end: end + LOOK_AHEAD_CHARACTERS }))
  const missing = [...spans, ...ahead].filter(
    (span) => ![...runs, ...pieces].some((run) => contains(run, span)),
  )
  const document = chunks[0]?.document ?? ''
  const distinct = new Map(missing.map(({ start, end }) => [`${start} ${end}`, { document, start, end }]))
  return [...distinct.values()]
}

/** How far to read after a passage that ends with a colon, to find what it announces; UTF-16 code units. */
const LOOK_AHEAD_CHARACTERS = 400

/** Spans of consecutive chunks that have been read. */
function consecutive(chunks: readonly ReadChunk[]): Span[] {
  const runs: { start: number; end: number; ordinal: number }[] = []
  for (const { start, end, ordinal } of chunks) {
    const last = runs.at(-1)
    if (last === undefined || last.ordinal !== ordinal - 1) runs.push({ start, end, ordinal })
    else runs[runs.length - 1] = { start: last.start, end: Math.max(last.end, end), ordinal }
  }
  return runs
}

function excerptOf({ passages, blocks, pieces }: Reading, head: DocumentHead | undefined): Excerpt[] {
  const [best] = passages
  if (best === undefined) return []
  const { document, uri, title } = best
  const touched = new Set(blocks.filter((block) => passages.some((passage) => overlap(block, passage) > 0)))
  const groups = new Set(
    [...touched]
      .map(wholeGroup)
      .filter(isShort)
      .map(({ start }) => start),
  )
  const ends = new Set([...touched].map(({ end }) => end))
  const isLedTo = ({ leads, group }: Block) =>
    leads.some(({ end }) => ends.has(end)) && (group === undefined || isShort(group))
  const near = blocks.filter(
    (block) =>
      touched.has(block) || (block.group !== undefined && groups.has(block.group.start)) || isLedTo(block),
  )
  const isRead = (span: Span): boolean => pieces.some((piece) => contains(piece, span))
  const readable = near.flatMap((block): Block[] => {
    const part = isRead(block) ? block : longestRead(block, pieces)
    return part === undefined
      ? []
      : [{ ...block, start: part.start, end: part.end, leads: block.leads.filter(isRead) }]
  })
  const { metadata, opening } = head ?? {}
  return [{ document, uri, title, metadata, opening, passages, blocks: readable, text: textIn(pieces) }]
}

/** The longest part of a block that has been read; undefined if none has. */
function longestRead(block: Block, pieces: readonly Piece[]): Span | undefined {
  const [longest] = pieces
    .filter((piece) => overlap(piece, block) > 0)
    .sort((left, right) => overlap(right, block) - overlap(left, block))
  return longest && { start: Math.max(block.start, longest.start), end: Math.min(block.end, longest.end) }
}

/** The block's list or table, else the block itself. */
const wholeGroup = (block: Block): Span => block.group ?? block

const isShort = ({ start, end }: Span): boolean => end - start <= MAX_GROUP_CHARACTERS

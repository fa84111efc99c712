/** The blocks of the documents that passages were found in. */
import type { Passage } from '../domain/answer.ts'
import { type Block, type Excerpt, MAX_GROUP_CHARACTERS } from '../domain/block.ts'
import type { Span } from '../domain/document.ts'
import { unpackBlocks } from '../domain/packed-blocks.ts'
import type { Principal } from '../domain/principal.ts'
import { contains, overlap } from '../domain/spans.ts'
import type { DocumentRange, ReadChunk } from '../ports/store/documents.ts'
import type { Store } from '../ports/store/store.ts'
import { endsWithColon } from '../text/lines.ts'
import { paragraphBlocks, textIn } from '../text/paragraphs.ts'

/**
 * The best passage's document first. A block that is too long to be read whole ends where the reading ends. Passages
 * whose document was replaced since they were found are left out.
 */
export async function excerptsOf(
  { documents }: Pick<Store, 'documents'>,
  principal: Principal,
  passages: readonly Passage[],
): Promise<Excerpt[]> {
  const found = await documents.chunksAt(principal, passages)
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
    return excerptOf(more.length === 0 ? reading : readingOf([...chunks, ...more], own))
  })
}

/** What was read of one document. */
interface Reading {
  /** Best first. */
  readonly passages: readonly Passage[]
  /** In the order of the document, as are the blocks and the pieces. */
  readonly chunks: readonly ReadChunk[]
  readonly blocks: readonly Block[]
  /** The text without interruption. */
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

/** With the white space that leads to the next chunk, if a block continues there. */
function withGap({ start, text, blocks }: ReadChunk): Piece {
  const whole = text + (blocks?.gap ?? '')
  return { start, end: start + whole.length, text: whole }
}

/** Those that touch or overlap in one. */
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

/** What the passages' blocks need that was not read: their rest, their lists and tables, what leads to them. */
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

/** Read behind a passage that ends with a colon: what it leads to begins there. */
const LOOK_AHEAD_CHARACTERS = 400

/** Spans of which all that is stored in chunks was read. */
function consecutive(chunks: readonly ReadChunk[]): Span[] {
  const runs: { start: number; end: number; ordinal: number }[] = []
  for (const { start, end, ordinal } of chunks) {
    const last = runs.at(-1)
    if (last === undefined || last.ordinal !== ordinal - 1) runs.push({ start, end, ordinal })
    else runs[runs.length - 1] = { start: last.start, end: Math.max(last.end, end), ordinal }
  }
  return runs
}

function excerptOf({ passages, blocks, pieces }: Reading): Excerpt[] {
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
  return [{ document, uri, title, passages, blocks: readable, text: textIn(pieces) }]
}

/** The longest part of a block that was read; undefined if there is none. */
function longestRead(block: Block, pieces: readonly Piece[]): Span | undefined {
  const [longest] = pieces
    .filter((piece) => overlap(piece, block) > 0)
    .sort((left, right) => overlap(right, block) - overlap(left, block))
  return longest && { start: Math.max(block.start, longest.start), end: Math.min(block.end, longest.end) }
}

/** The block's list or table, or else the block. */
const wholeGroup = (block: Block): Span => block.group ?? block

const isShort = ({ start, end }: Span): boolean => end - start <= MAX_GROUP_CHARACTERS

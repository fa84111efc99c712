import type { LoadedBlock, Span } from '../../domain/document.ts'
import { trimmed } from '../../text/lines.ts'
import type { Measure } from './measure.ts'
import { cutBlock, type Piece } from './pieces.ts'

/** Blocks of a section are packed together up to this many tokens. */
const TARGET_TOKENS = 200
/** A single block stays whole up to this many tokens: better a long chunk than a paragraph cut in half. */
export const MAX_WHOLE_TOKENS = 240
/** A section with fewer tokens is merged into a neighbour under the same parent that has room. */
const MIN_SECTION_TOKENS = 24
/** Consecutive headings of up to this many tokens together begin one chunk. */
const MAX_HEADINGS_TOKENS = 64
/** A last sentence of up to this many tokens is repeated in the next piece, which may refer back to it. */
const OVERLAP_TOKENS = 60

/** How much of a table is searched for its header, in UTF-16 code units. */
const MAX_HEADER_CHARACTERS = 2000

/** A future chunk, before its context is added. */
export interface ChunkDraft extends Span {
  readonly headings: readonly string[]
  readonly tokens: number
  readonly page?: number
  /** The first row of the table that this chunk continues. */
  readonly tableHeader?: string
}

/** Packs blocks into drafts; `text` is what the spans point into. */
export function packDrafts(text: string, blocks: readonly LoadedBlock[], measure: Measure): ChunkDraft[] {
  const drafts: ChunkDraft[] = []
  let open: ChunkDraft | undefined
  /** Headings waiting for the first block under them. */
  let pending: ChunkDraft | undefined

  const close = () => {
    if (open) drafts.push(open)
    open = undefined
  }
  for (const block of blocks) {
    const span = trimmed(text, block)
    if (span.start === span.end) continue
    const tokens = measure(text.slice(span.start, span.end))
    const draft: ChunkDraft = { ...block, ...span, tokens }
    if (block.kind === 'heading' && tokens <= MAX_HEADINGS_TOKENS) {
      close()
      // Consecutive headings begin the next chunk together.
      if (pending && touches(text, pending, draft) && pending.tokens + tokens <= MAX_HEADINGS_TOKENS)
        pending = joined(pending, draft)
      else {
        if (pending) drafts.push(pending)
        pending = draft
      }
      continue
    }
    let begun = draft
    if (pending) {
      if (touches(text, pending, draft)) begun = joined(pending, draft)
      else drafts.push(pending)
      pending = undefined
    }
    if (tokens > MAX_WHOLE_TOKENS) {
      close()
      drafts.push(...cutDrafts(text, block, span, begun, measure))
    } else if (open && fits(text, open, begun)) open = joined(open, begun)
    else {
      close()
      open = begun
    }
  }
  close()
  if (pending) drafts.push(pending)
  return mergeTiny(text, drafts)
}

/** Whether only white space separates them: joined chunks must not bring back what a loader left out. */
const touches = (text: string, a: Span, b: Span): boolean => text.slice(a.end, b.start).trim() === ''

const samePath = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((title, i) => title === b[i])

const fits = (text: string, open: ChunkDraft, next: ChunkDraft): boolean =>
  samePath(open.headings, next.headings) &&
  open.tokens + next.tokens <= TARGET_TOKENS &&
  touches(text, open, next)

/** Both as one, with the second's path and the first's page. */
const joined = (a: ChunkDraft, b: ChunkDraft): ChunkDraft => ({
  ...b,
  ...a,
  headings: b.headings,
  end: b.end,
  tokens: a.tokens + b.tokens,
})

/** Cuts a block too long for one chunk: evenly, repeating a paragraph's last sentence in the next chunk. */
function cutDrafts(
  text: string,
  block: LoadedBlock,
  span: Span,
  begun: ChunkDraft,
  measure: Measure,
): ChunkDraft[] {
  const pieces = cutBlock(text, { ...block, ...span }, measure, TARGET_TOKENS)
  const total = pieces.reduce((sum, piece) => sum + piece.tokens, 0)
  const goal = total / Math.ceil(total / TARGET_TOKENS)
  const tableHeader = block.kind === 'table' ? headerOf(text, span) : undefined
  const drafts: ChunkDraft[] = []
  let group: Piece[] = []
  let size = 0
  const flush = () => {
    const [first, last] = [group[0], group.at(-1)]
    if (!first || !last) return
    const draft = { ...begun, ...trimmed(text, { start: first.start, end: last.end }), tokens: size }
    if (drafts.length === 0) drafts.push({ ...draft, start: begun.start })
    else drafts.push(tableHeader === undefined ? draft : { ...draft, tableHeader })
    const repeat = block.kind === 'paragraph' || block.kind === 'quote'
    group = repeat && group.length > 1 && last.tokens <= OVERLAP_TOKENS ? [last] : []
    size = group.reduce((sum, piece) => sum + piece.tokens, 0)
  }
  let fresh = 0
  for (const piece of pieces) {
    if (fresh > 0 && (size + piece.tokens > TARGET_TOKENS || size >= goal)) {
      flush()
      fresh = 0
      if (size + piece.tokens > TARGET_TOKENS) {
        group = []
        size = 0
      }
    }
    group.push(piece)
    size += piece.tokens
    fresh++
  }
  flush()
  return drafts.filter((draft) => draft.start < draft.end)
}

/** The first row that is not a border; undefined if the table's beginning holds no complete one. */
function headerOf(text: string, span: Span): string | undefined {
  const beginning = text.slice(span.start, Math.min(span.end, span.start + MAX_HEADER_CHARACTERS))
  return beginning
    .split('\n')
    .slice(0, -1)
    .find((row) => /[\p{L}\p{N}]/u.test(row))
}

/** Merges sections of a line or two with an adjacent sibling, parent or child, under the path they share. */
function mergeTiny(text: string, drafts: readonly ChunkDraft[]): ChunkDraft[] {
  const merged: ChunkDraft[] = []
  for (const draft of drafts) {
    const last = merged.at(-1)
    if (last && joins(text, last, draft)) {
      const differs = last.headings.findIndex((title, i) => title !== draft.headings[i])
      const shared = differs < 0 ? last.headings : last.headings.slice(0, differs)
      merged[merged.length - 1] = { ...joined(last, draft), headings: shared }
    } else merged.push(draft)
  }
  return merged
}

function joins(text: string, a: ChunkDraft, b: ChunkDraft): boolean {
  // Slides hold little text, but a citation must name the right one.
  if (a.page !== b.page) return false
  if (Math.min(a.tokens, b.tokens) >= MIN_SECTION_TOKENS || a.tokens + b.tokens > TARGET_TOKENS) return false
  if (a.tableHeader !== undefined || b.tableHeader !== undefined || a.end > b.start) return false
  const parent = Math.max(a.headings.length, b.headings.length) - 1
  return samePath(a.headings.slice(0, parent), b.headings.slice(0, parent)) && touches(text, a, b)
}

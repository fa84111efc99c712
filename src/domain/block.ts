import type { Passage } from './answer.ts'
import type { Metadata, Span } from './document.ts'

/** What a piece of a document is to its reader. */
export const BLOCK_KINDS = [
  'heading',
  'paragraph',
  'item',
  'step',
  'task',
  'row',
  'code',
  'quote',
  /** What a document says of itself: the sender of a message, its date. */
  'field',
] as const
export type BlockKind = (typeof BLOCK_KINDS)[number]

/** UTF-16 code units of a list or table of which all blocks are read, when one of them was found. */
export const MAX_GROUP_CHARACTERS = 2400

/** UTF-16 code units of a document's beginning, where its date stands if it has one. */
export const MAX_OPENING_CHARACTERS = 500

/** A piece of a document that can be read on its own, together with what leads to it. */
export interface Block extends Span {
  readonly kind: BlockKind
  /** Titles of the sections around it, outermost first. */
  readonly headings: readonly string[]
  /** 1-based page or slide, where the format has them. */
  readonly page?: number
  /** Of code, as its author names it. */
  readonly language?: string
  /** The list, procedure or table that it is a part of. */
  readonly group?: Span
  /**
   * What gives it its meaning, outermost first: the sentence above its list, the items that it is nested in, the header
   * rows of its table, the sentence that introduces its code.
   */
  readonly leads: readonly Span[]
}

/** Passages of one document, with the blocks that they touch and the rest of their lists and tables. */
export interface Excerpt {
  readonly document: string
  readonly uri: string
  readonly title: string
  /** What the document states about itself; none if it was not read. */
  readonly metadata?: Metadata
  /** How its text begins, to MAX_OPENING_CHARACTERS; undefined if it was not read. */
  readonly opening?: string
  /** Best first. */
  readonly passages: readonly Passage[]
  /** In the order of the document. Of a document that was stored without blocks, its paragraphs. */
  readonly blocks: readonly Block[]
  /** The stored text of a block or of a lead of one. */
  readonly text: (span: Span) => string
}

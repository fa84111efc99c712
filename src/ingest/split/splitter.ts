import { createHash } from 'node:crypto'
import type { Block } from '../../domain/block.ts'
import type { Chunk, LoadedDocument, Span } from '../../domain/document.ts'
import { type PackedBlocks, packBlocks } from '../../domain/packed-blocks.ts'
import type { Tokenizer } from '../../ports/embedder.ts'
import { blocksOf } from '../blocks/blocks.ts'
import { createContext } from './chunk-context.ts'
import { createMeasure } from './measure.ts'
import { MAX_WHOLE_TOKENS, packDrafts } from './pack.ts'

/** Part of every index's identity: raise it when the same document gives different chunks. */
export const SPLITTER_VERSION = 'blocks-3'

/** Limit of a chunk's section path, in UTF-16 code units. */
const MAX_HEADING_CHARACTERS = 1000
/**
 * White space between two chunks of one block that is stored, in UTF-16 code units: a block with more is read back in
 * pieces.
 */
const MAX_GAP_CHARACTERS = 200

/**
 * The chunks of a document, in reading order. Blocks of a section are packed together; a block is cut only if it is
 * too long. A chunk's text is the stored text at its span; its `embedText` fits the model, with room for a prefix.
 * `blocks` are the document's, null if unknown. Linear in the length of the text.
 */
export function splitDocument(
  document: LoadedDocument,
  tokenizer: Tokenizer,
  blocks: readonly Block[] | null = blocksOf(document),
): Chunk[] {
  const { text, linesMatchFile } = document
  const context = createContext(document, tokenizer)
  const lineOf = lineCounter(text)
  const drafts = packDrafts(text, document.blocks, createMeasure(tokenizer, MAX_WHOLE_TOKENS))
  const within = blocks === null ? null : blockFinder(text, blocks)
  return drafts.map((draft, ordinal) => {
    const chunkText = text.slice(draft.start, draft.end)
    const before = context(draft, chunkText)
    const embedText = before + chunkText
    return {
      ordinal,
      start: draft.start,
      end: draft.end,
      text: chunkText,
      heading: draft.headings.join(' › ').slice(0, MAX_HEADING_CHARACTERS),
      page: draft.page,
      line: linesMatchFile ? lineOf(draft.start) : undefined,
      embedText,
      hash: createHash('sha256').update(embedText).digest('hex'),
      tokens: draft.tokens + tokenizer.count(before),
      blocks: within === null ? null : within(draft, drafts[ordinal + 1]),
    }
  })
}

/** Finds the blocks that overlap a draft. Drafts must be passed in ascending order. */
function blockFinder(
  text: string,
  blocks: readonly Block[],
): (draft: Span, next: Span | undefined) => PackedBlocks {
  let first = 0
  return (draft, next) => {
    while ((blocks[first]?.end ?? draft.end) <= draft.start) first++
    let last = first
    while ((blocks[last]?.start ?? draft.end) < draft.end) last++
    const continues = next !== undefined && (blocks[last - 1]?.end ?? 0) > draft.end
    const gap = continues ? text.slice(draft.end, next.start) : ''
    return packBlocks(blocks.slice(first, last), gap.length > MAX_GAP_CHARACTERS ? '' : gap)
  }
}

/** Gives the 1-based line of an offset. Offsets must be passed in ascending order. */
function lineCounter(text: string): (offset: number) => number {
  let line = 1
  let next = text.indexOf('\n')
  return (offset) => {
    while (next >= 0 && next < offset) {
      line++
      next = text.indexOf('\n', next + 1)
    }
    return line
  }
}

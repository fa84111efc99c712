import { createHash } from 'node:crypto'
import type { Chunk, LoadedDocument } from '../../domain/document.ts'
import type { Tokenizer } from '../../ports/embedder.ts'
import { createContext } from './chunk-context.ts'
import { createMeasure } from './measure.ts'
import { MAX_WHOLE_TOKENS, packBlocks } from './pack.ts'

/** Part of every index's identity: raise it when the same document gives other chunks. */
export const SPLITTER_VERSION = 'blocks-3'

/** The path of a chunk's sections, in UTF-16 code units. */
const MAX_HEADING_CHARACTERS = 1000

/**
 * The chunks of a document, in reading order: blocks of one section packed together, cut only where a block is
 * too long. Every chunk's text is the stored text at its span, and its `embedText` fits the model with room for
 * a prefix. Linear in the length of the text.
 */
export function splitDocument(document: LoadedDocument, tokenizer: Tokenizer): Chunk[] {
  const { text, linesMatchFile } = document
  const context = createContext(document, tokenizer)
  const lineOf = lineCounter(text)
  return packBlocks(text, document.blocks, createMeasure(tokenizer, MAX_WHOLE_TOKENS)).map(
    (draft, ordinal) => {
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
      }
    },
  )
}

/** 1-based line of offsets that are asked for in order. */
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

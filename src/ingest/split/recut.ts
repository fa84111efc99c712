/** Splits a stored document again when its file is not at hand. */
import type { Block } from '../../domain/block.ts'
import type { Chunk, LoadedBlock, LoadedBlockKind } from '../../domain/document.ts'
import { blocksOfChunks } from '../../domain/packed-blocks.ts'
import type { Tokenizer } from '../../ports/embedder.ts'
import type { StoredDocument, StoredSpan } from '../../ports/parser.ts'
import { headingPath, paragraphKind, paragraphs } from '../../text/paragraphs.ts'
import { splitDocument } from './splitter.ts'

/** Blocks the thread, so it runs in the parser's process. */
export function recutDocument(document: StoredDocument, tokenizer: Tokenizer): Chunk[] {
  const { title, text, linesMatchFile } = document
  const stored = document.chunks.length === 0 ? undefined : blocksOfChunks(document.chunks)
  const blocks = stored === undefined ? guessedBlocks(document) : wholeBlocks(stored)
  return splitDocument({ title, text, linesMatchFile, mediaType: '', blocks }, tokenizer, stored ?? null)
}

const LOADED_AS: Readonly<Record<Block['kind'], LoadedBlockKind>> = {
  heading: 'heading',
  paragraph: 'paragraph',
  item: 'list',
  step: 'list',
  task: 'list',
  row: 'table',
  field: 'list',
  code: 'code',
  quote: 'quote',
}

/** The loader's blocks: every list and table is whole again. */
function wholeBlocks(blocks: readonly Block[]): LoadedBlock[] {
  const whole: LoadedBlock[] = []
  for (const { kind, headings, page, group, start, end } of blocks) {
    if (start < (whole.at(-1)?.end ?? 0)) continue
    whole.push({ kind: LOADED_AS[kind], headings, page, ...(group ?? { start, end }) })
  }
  return whole
}

/** Paragraphs within each section and page. */
function guessedBlocks({ text, chunks }: Pick<StoredDocument, 'text' | 'chunks'>): LoadedBlock[] {
  const spans = chunks.length > 0 ? chunks : [{ start: 0, end: text.length, heading: '', blocks: null }]
  return sections(text, spans).flatMap((section) => {
    const headings = headingPath(section.heading)
    return paragraphs(text, section).map((span) => {
      const own = text.slice(span.start, span.end)
      const kind = paragraphKind(own)
      const isOwnTitle = kind === 'heading' && own.replace(/^#+\s*/u, '').trim() === headings.at(-1)
      return {
        ...span,
        kind,
        headings: isOwnTitle ? headings.slice(0, -1) : headings,
        page: section.page,
      }
    })
  })
}

/** Joins consecutive chunks of one section on one page. The input may overlap; the result does not. */
function sections(text: string, spans: readonly StoredSpan[]): StoredSpan[] {
  const joined: StoredSpan[] = []
  for (const span of spans) {
    const last = joined.at(-1)
    const start = Math.max(span.start, last?.end ?? 0)
    if (start >= span.end) continue
    const follows = last !== undefined && text.slice(last.end, start).trim() === ''
    if (follows && last.heading === span.heading && last.page === span.page)
      joined[joined.length - 1] = { ...last, end: span.end }
    else joined.push({ ...span, start })
  }
  return joined
}

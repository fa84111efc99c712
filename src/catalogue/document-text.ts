/** The blocks and the text of one document. */
import type { Block } from '../domain/block.ts'
import { blocksOfChunks } from '../domain/packed-blocks.ts'
import type { CatalogueChunk, CataloguedDocument } from '../ports/store/catalogue.ts'
import { paragraphBlocks } from '../text/paragraphs.ts'
import { type CatalogueReader, readChunks } from './reader.ts'

export interface DocumentText {
  readonly document: CataloguedDocument
  readonly text: string
  readonly chunks: readonly CatalogueChunk[]
  /** In the order of the document. */
  readonly blocks: readonly Block[]
}

/** Undefined: too large, or it was replaced meanwhile. */
export async function readDocument(
  reader: CatalogueReader,
  document: CataloguedDocument,
  maxChunks: number,
): Promise<DocumentText | undefined> {
  if (document.chunks > maxChunks) return undefined
  const chunks = await readChunks(reader, { document: document.id }, maxChunks)
  const { text } = await reader.store.documents.text(reader.principal, document.id)
  if (!chunks.every((chunk) => text.slice(chunk.start, chunk.end) === chunk.text)) return undefined
  return {
    document,
    text,
    chunks,
    blocks: blocksOfChunks(chunks) ?? chunks.flatMap((chunk) => paragraphBlocks(chunk)),
  }
}

/** The last chunk that begins at or before this place. */
export const chunkAt = ({ chunks }: DocumentText, place: number): CatalogueChunk | undefined =>
  chunks.findLast(({ start }) => start <= place) ?? chunks[0]

import type { Tokenizer } from '../ports/embedder.ts'
import type { ParsedDocument } from '../ports/parser.ts'
import { detectLanguage } from '../text/language.ts'
import { empty, type LoadLimits, loadDocument } from './loaders/load.ts'
import { flatMetadata } from './loaders/writing/metadata.ts'
import { splitDocument } from './split/splitter.ts'

/**
 * Turns a file's bytes into text and chunks. Blocks the thread, so it runs in the parser's process.
 * Throws what `loadDocument` throws, and `document_empty` if the text gives no chunk.
 */
export async function parseDocument(
  bytes: Buffer,
  uri: string,
  tokenizer: Tokenizer,
  limits: LoadLimits & { readonly password?: string | undefined },
): Promise<ParsedDocument> {
  const { blocks, warnings = [], metadata, ...document } = await loadDocument(bytes, uri, limits)
  const chunks = splitDocument({ ...document, blocks }, tokenizer)
  if (chunks.length === 0) throw empty('There is no text in the file.')
  const language = detectLanguage(document.text)
  return { ...document, chunks, language, warnings, metadata: flatMetadata(metadata) }
}

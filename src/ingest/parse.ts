import type { Tokenizer } from '../domain/embedding.ts'
import { ChatbotError } from '../domain/errors.ts'
import { detectLanguage } from '../domain/language.ts'
import { decodeText } from './decode.ts'
import { detectLoader } from './format.ts'
import type { ParsedDocument } from './ports.ts'
import { splitDocument } from './splitter.ts'

export interface LoadLimits {
  /** UTF-16 code units. */
  readonly maxTextLength: number
}

/**
 * A file's bytes to its text and chunks. Blocking work: runs in the parser's process.
 * Throws `document_empty`, `document_too_large`, `unsupported_format` and `invalid_encoding`.
 */
export async function parseDocument(
  bytes: Buffer,
  uri: string,
  tokenizer: Tokenizer,
  { maxTextLength }: LoadLimits,
): Promise<ParsedDocument> {
  if (bytes.length === 0) throw empty('The file has 0 bytes.')
  const loader = await detectLoader(bytes, uri)
  const { text: source, warnings } = decodeText(bytes, loader.declaredEncoding?.(bytes))
  if (source.trim() === '') throw empty('The file holds nothing but white space.')
  const { blocks, ...document } = loader.load(source, uri)
  if (document.text.length > maxTextLength)
    throw new ChatbotError(
      'document_too_large',
      `The text has ${document.text.length} characters; the limit is ${maxTextLength} (ingest.maxTextLength). Split the file, or raise the limit.`,
    )
  const chunks = splitDocument({ ...document, blocks }, tokenizer)
  if (chunks.length === 0) throw empty('There is no text in the file.')
  return { ...document, chunks, language: detectLanguage(document.text), warnings }
}

const empty = (what: string): ChatbotError =>
  new ChatbotError('document_empty', `${what} There is nothing to index.`)

import type { Chunk } from '../domain/document.ts'
import { ChatbotError } from '../domain/errors.ts'
import type { DocumentParser } from '../ports/parser.ts'
import type { NewDocument } from '../ports/store/documents.ts'

export interface IngestFile {
  /** Local path of its bytes. */
  readonly path: string
  /** What the user calls it. */
  readonly uri: string
  /** Size of the file. */
  readonly bytes: number
  /** SHA-256 of the bytes, hex. */
  readonly hash: string
  /** Opens an encrypted file; never stored. */
  readonly password?: string | undefined
  /** Last modification time of the file. */
  readonly modifiedAt?: Date | undefined
  /** Id of the source it came from. */
  readonly source?: string | undefined
}

export interface ReadDocument {
  readonly document: NewDocument
  readonly chunks: readonly Chunk[]
}

/**
 * Parses a file and splits it into chunks, counting tokens with the tokenizer of the model `model` (a reference). A
 * date inside the document takes precedence over the file's. Throws what the parser throws.
 */
export async function readDocument(
  { path, uri, bytes, hash, password, modifiedAt, source }: IngestFile,
  model: string,
  { parser, signal }: { parser: DocumentParser; signal: AbortSignal },
): Promise<ReadDocument> {
  const parsed = await parser.parse({ path, uri, password, model, signal })
  if (signal.aborted) throw new ChatbotError('cancelled', 'Cancelled before it was stored.')
  const { chunks, linesMatchFile: _, ...content } = parsed
  return {
    document: {
      ...content,
      ...{ uri, bytes, hash },
      source: source ?? null,
      modifiedAt: content.modifiedAt ?? modifiedAt ?? null,
    },
    chunks,
  }
}

import type { Chunk, LoadedDocument } from '../domain/document.ts'
import type { Language } from '../domain/language.ts'

/** A file on the daemon's disk, uploaded for ingest. */
export interface SourceFile {
  /** Where its bytes lie now. */
  readonly path: string
  /** What the user calls it; its extension helps to detect the format. */
  readonly uri: string
  readonly signal?: AbortSignal
}

export interface ParsedDocument extends Omit<LoadedDocument, 'blocks'> {
  readonly chunks: readonly Chunk[]
  readonly language: Language
  readonly warnings: readonly string[]
}

/** Loads and splits files outside the server's process, bounded in memory and time. */
export interface DocumentParser {
  /** Throws `unsupported_format`, `document_empty`, `invalid_encoding`, `document_too_large`, `parser_failed`. */
  parse(file: SourceFile): Promise<ParsedDocument>
  close(): Promise<void>
}

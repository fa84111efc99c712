import type { Chunk, LoadedDocument } from '../domain/document.ts'
import type { Language } from '../domain/language.ts'
import type { StoredDocument } from './recut.ts'

/** A file on the daemon's disk, uploaded for ingest. */
export interface SourceFile {
  /** Where its bytes lie now. */
  readonly path: string
  /** What the user calls it; its extension helps to detect the format. */
  readonly uri: string
  /** For an encrypted file. */
  readonly password?: string | undefined
  /** Reference of the embedding model whose tokenizer decides where chunks end; the built-in one's unless told. */
  readonly model?: string | undefined
  readonly signal?: AbortSignal
}

export interface ParsedDocument extends Omit<LoadedDocument, 'blocks' | 'warnings'> {
  readonly chunks: readonly Chunk[]
  readonly language: Language
  readonly warnings: readonly string[]
}

/** Loads and splits files outside the server's process, bounded in memory and time. */
export interface DocumentParser {
  /** Throws what `parseDocument` throws, and `parser_failed`. */
  parse(file: SourceFile): Promise<ParsedDocument>
  /** Chunks of a stored document, made anew as the tokenizer of the model with this reference counts. */
  recut(document: StoredDocument, model: string, signal: AbortSignal): Promise<readonly Chunk[]>
  close(): Promise<void>
}

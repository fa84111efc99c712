import type { Chunk, LoadedDocument, Span } from '../domain/document.ts'
import type { Language } from '../domain/language.ts'

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
  parse: (file: SourceFile) => Promise<ParsedDocument>
  /** Chunks of a stored document, made anew as the tokenizer of the model with this reference counts. */
  recut: (document: StoredDocument, model: string, signal: AbortSignal) => Promise<readonly Chunk[]>
  close: () => Promise<void>
}

/** A document's text, and where its chunks were: they tell sections and pages. */
export interface StoredDocument {
  readonly title: string
  readonly text: string
  /** Whether lines of `text` are lines of the file. */
  readonly linesMatchFile: boolean
  /** In reading order. */
  readonly chunks: readonly StoredSpan[]
}

export interface StoredSpan extends Span {
  readonly heading: string
  readonly page?: number | undefined
}

import type { Chunk, LoadedDocument, Metadata, Span } from '../domain/document.ts'
import type { Language } from '../domain/language.ts'

/** An uploaded file on the daemon's disk. */
export interface SourceFile {
  /** Where its bytes are now. */
  readonly path: string
  /** The user's name for it; its extension helps to detect the format. */
  readonly uri: string
  /** The password of an encrypted file. */
  readonly password?: string | undefined
  /** Reference of the embedding model whose tokenizer decides where chunks end; default: the built-in one. */
  readonly model?: string | undefined
  readonly signal?: AbortSignal
}

export interface ParsedDocument extends Omit<LoadedDocument, 'blocks' | 'warnings' | 'metadata'> {
  readonly chunks: readonly Chunk[]
  readonly language: Language
  readonly warnings: readonly string[]
  readonly metadata: Metadata
}

/** Loads and splits files outside the server's process, with bounded memory and time. */
export interface DocumentParser {
  /** Throws what `parseDocument` throws, and `parser_failed`. */
  parse: (file: SourceFile) => Promise<ParsedDocument>
  /** Splits a stored document again, with the tokenizer of this model. */
  recut: (document: StoredDocument, model: string, signal: AbortSignal) => Promise<readonly Chunk[]>
  close: () => Promise<void>
}

/** A document's text, and its former chunks, which tell sections and pages. */
export interface StoredDocument {
  readonly title: string
  readonly text: string
  /** Whether lines of `text` are lines of the file. */
  readonly linesMatchFile: boolean
  /** In reading order. */
  readonly chunks: readonly StoredSpan[]
}

export interface StoredSpan extends Span, Pick<Chunk, 'blocks'> {
  readonly heading: string
  readonly page?: number | undefined
}

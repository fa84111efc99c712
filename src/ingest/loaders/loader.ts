import { basename, extname } from 'node:path'
import type { LoadedDocument } from '../../domain/document.ts'

/** Reads one format. Imports large libraries only when it loads its first file. */
export type Loader = TextLoader | BytesLoader

interface Format {
  /** As users call it. */
  readonly name: string
  /** Lower case, without the dot. */
  readonly extensions: readonly string[]
  /** Whether bytes that look like text are in this format, regardless of the file name. */
  recognises?: (bytes: Buffer) => boolean
}

/** Reads a format that is text in some encoding. */
export interface TextLoader extends Format {
  readonly reads: 'text'
  /** Encoding that the content declares itself. */
  declaredEncoding?: (bytes: Buffer) => string | undefined
  /** `text` has `\n` line ends. The title falls back to `uri`. */
  load: (text: string, uri: string) => LoadedDocument | Promise<LoadedDocument>
}

/** Reads a format with binary content, or with parts in encodings of their own. */
export interface BytesLoader extends Format {
  readonly reads: 'bytes'
  /** Media types that file-type reports; empty for text-like formats, which are recognised by extension. */
  readonly mediaTypes: readonly string[]
  /** Matches the name of a file that only archives of this format contain. */
  readonly archivePart?: RegExp
  /** Throws `document_corrupt`, `document_too_large`, `needs_password` and `no_text_layer`. */
  load: (bytes: Buffer, options: LoadOptions) => Promise<LoadedDocument>
}

export interface LoadOptions {
  /** What the user calls the file; the title if the content has none. */
  readonly uri: string
  /** Opens encrypted files; never logged, never stored. */
  readonly password?: string | undefined
  /** UTF-16 code units; a loader may stop with `document_too_large` as soon as there are more. */
  readonly maxTextLength: number
  /** Reads a file inside this one, such as an attachment, with the loader of its own format. */
  loadInner: (bytes: Buffer, uri: string) => Promise<LoadedDocument>
}

/** The title of last resort: `refund-policy` for `docs/refund-policy.md`. */
export const fileTitle = (uri: string): string => basename(uri, extname(uri)) || uri

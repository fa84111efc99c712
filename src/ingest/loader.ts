import { basename, extname } from 'node:path'
import type { LoadedDocument } from '../domain/document.ts'

/** Reads one format. */
export interface Loader {
  /** As users call it. */
  readonly name: string
  /** Lower case, without the dot. */
  readonly extensions: readonly string[]
  /** Whether bytes that are text are of this format, whatever their name says. */
  recognises?(bytes: Buffer): boolean
  /** Encoding that the content declares itself. */
  declaredEncoding?(bytes: Buffer): string | undefined
  /** From text with `\n` line ends. `uri` serves for the title when the text has none. */
  load(text: string, uri: string): LoadedDocument
}

/** `refund-policy` of `docs/refund-policy.md`: the title of last resort. */
export const fileTitle = (uri: string): string => basename(uri, extname(uri)) || uri

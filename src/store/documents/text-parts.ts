import type { EmbeddedChunk } from '../../domain/document.ts'

/** UTF-16 code units; in UTF-8 at most 3 MB, well below what a statement parameter may have. */
const PART_CHARACTERS = 1_000_000

/** Pieces that make the text again when joined, none ending inside a surrogate pair; one when it is empty. */
export function splitText(text: string): string[] {
  const parts: string[] = []
  let start = 0
  do {
    const limit = start + PART_CHARACTERS
    const end = limit < text.length && isHighSurrogate(text.charCodeAt(limit - 1)) ? limit - 1 : limit
    parts.push(text.slice(start, end))
    start = end
  } while (start < text.length)
  return parts
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff

/** What `embedText` has before the text. */
export const contextOf = ({ embedText, text }: Pick<EmbeddedChunk, 'embedText' | 'text'>): string =>
  embedText.slice(0, embedText.length - text.length)

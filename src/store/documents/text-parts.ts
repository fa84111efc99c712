import type { EmbeddedChunk } from '../../domain/document.ts'

/** UTF-16 code units; at most 3 MB in UTF-8, well below the limit of a statement parameter. */
const PART_CHARACTERS = 1_000_000

/** Splits text into pieces that join to the original, never inside a surrogate pair; an empty text gives one piece. */
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

/** The part of `embedText` before the text. */
export const contextOf = ({ embedText, text }: Pick<EmbeddedChunk, 'embedText' | 'text'>): string =>
  embedText.slice(0, embedText.length - text.length)

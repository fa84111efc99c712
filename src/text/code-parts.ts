/** Parts of a listing that can be shown on their own: a function, a group of settings with the comment above it. */
import type { Span } from '../domain/document.ts'
import { beginningEnd } from './beginning.ts'
import { lines, trimmed } from './lines.ts'

/** UTF-16 code units of a listing that is one part, and of the longest part of another. */
const MAX_PART_CHARACTERS = 400

const FENCE = /^[ \t]*(?:`{3,}|~{3,})/u
const COMMENT = /^[ \t]*(?:#|\/\/|\/\*|--|;|%|<!--|"""|REM\b)/u
const BLANK = /^\s*$/u

/**
 * Whole lines, in order, without the fences around them. A part ends at a blank line and before a comment; lines that no
 * part could hold are cut.
 */
export function codeParts(text: string): Span[] {
  if (text.length <= MAX_PART_CHARACTERS) return [{ start: 0, end: text.length }]
  const parts: Span[] = []
  let open: Span | undefined
  let isComment = false
  const close = () => {
    if (open !== undefined) parts.push(open)
    open = undefined
  }
  for (const line of lines(text)) {
    const written = text.slice(line.start, line.end)
    const wasComment = isComment
    isComment = COMMENT.test(written)
    if (BLANK.test(written) || FENCE.test(written)) {
      close()
      continue
    }
    if (open !== undefined && ((isComment && !wasComment) || line.end - open.start > MAX_PART_CHARACTERS))
      close()
    open = { start: open?.start ?? line.start, end: line.end }
    while (open.end - open.start > MAX_PART_CHARACTERS) {
      const cut: number = open.start + beginningEnd(text.slice(open.start, open.end), MAX_PART_CHARACTERS)
      parts.push({ start: open.start, end: cut })
      open = { start: cut, end: open.end }
    }
  }
  close()
  const full = parts.map((part) => trimmed(text, part)).filter(({ start, end }) => end > start)
  return full.length > 0 ? full : [{ start: 0, end: text.length }]
}

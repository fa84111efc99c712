/** What an answer may be made of: the sentences, list items, table rows and lines of code of the passages. */
import type { Passage } from '../../domain/answer.ts'
import type { Span } from '../../domain/document.ts'
import { beginningEnd } from '../../text/beginning.ts'
import { splitSentences } from '../../text/sentences.ts'

/** A piece of a passage that can be quoted; its span is relative to the passage's text. */
export interface SentenceCandidate extends Span {
  readonly passage: Passage
  readonly text: string
  /** What stands around it and says what it is about: the heading or table head above, or the sentence before. */
  readonly context: string
}

/** Longer ones are cut, at the end of a line or of a clause if there is one. */
const MAX_PIECE_CHARACTERS = 600

/**
 * Quotable pieces in order of the passages; what several passages or documents repeat is taken once, but of each
 * edition. `editions`: what tells them apart, by document.
 */
export function candidatesOf(
  passages: readonly Passage[],
  editions: ReadonlyMap<string, string> = new Map(),
): SentenceCandidate[] {
  const seen = new Set<string>()
  return passages.flatMap(piecesOf).filter(({ text, passage }) => {
    const key = `${editions.get(passage.document) ?? ''}\n${text.replace(/\s+/gu, ' ').toLowerCase()}`
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

function piecesOf(passage: Passage): SentenceCandidate[] {
  const found: SentenceCandidate[] = []
  let heading = ''
  let before = ''
  for (const span of splitSentences(passage.text)) {
    const text = passage.text.slice(span.start, span.end)
    if (isHeading(passage, span, text)) {
      heading = text
      before = ''
    } else if (isTableHead(passage.text, span)) {
      before = ''
      heading = text
    } else {
      for (const piece of cut(withoutFence(passage.text, span), passage.text)) {
        const quoted = passage.text.slice(piece.start, piece.end)
        if (!HAS_WORD.test(quoted)) continue
        if (!isQuestion(quoted))
          found.push({ ...piece, passage, text: quoted, context: `${heading} ${before}` })
        before = quoted
      }
    }
  }
  return found
}

const HAS_WORD = /[\p{L}\p{N}]/u

/** A question of a FAQ is no answer, but says what the next sentence is about. */
const isQuestion = (text: string) => /\?["'»”*_)]*$/u.test(text)

function isHeading({ text, heading }: Passage, span: Span, sentence: string): boolean {
  const lineStart = text.lastIndexOf('\n', span.start - 1) + 1
  if (/^\s{0,3}#{1,6}\s+$/u.test(text.slice(lineStart, span.start))) return true
  if (/^\s{0,3}(?:={3,}|-{3,})\s*$/u.test(lineAfter(text, span.end))) return true
  return heading?.split(' › ').includes(sentence) ?? false
}

function isTableHead(text: string, span: Span): boolean {
  const line = lineAfter(text, span.end)
  const dashes = line.indexOf('---')
  return dashes >= 0 && line.lastIndexOf('|') > dashes && /^[\s|:-]+$/u.test(line)
}

function lineAfter(text: string, end: number): string {
  const start = text.indexOf('\n', end) + 1
  if (start === 0) return ''
  const stop = text.indexOf('\n', start)
  return text.slice(start, stop < 0 ? text.length : stop)
}

/** The lines between the fences of a code block: a mark behind the closing fence would not close it. */
function withoutFence(text: string, { start, end }: Span): Span {
  const fenced = /^(?:```|~~~)[^\n]*\n/u.exec(text.slice(start, end))
  if (!fenced) return { start, end }
  const closing = /\n[ \t]*(?:```|~~~)[`~]*\s*$/u.exec(text.slice(start, end))
  return trimmed(text, { start: start + fenced[0].length, end: closing ? start + closing.index : end })
}

function cut(span: Span, text: string): Span[] {
  const pieces: Span[] = []
  let rest = trimmed(text, span)
  while (rest.end - rest.start > MAX_PIECE_CHARACTERS) {
    const at = rest.start + cutAt(text.slice(rest.start, rest.start + MAX_PIECE_CHARACTERS))
    pieces.push(trimmed(text, { start: rest.start, end: at }))
    rest = trimmed(text, { start: at, end: rest.end })
  }
  pieces.push(rest)
  return pieces.filter((piece) => piece.end > piece.start)
}

/** The last line's, else clause's, else word's end in the second half; else the whole, not inside a surrogate pair. */
function cutAt(text: string): number {
  for (const bound of [/\n/gu, /[;:](?=\s)/gu, /,(?=\s)|\s[—–](?=\s)/gu, /\s/gu]) {
    let last = 0
    for (const match of text.matchAll(bound)) last = match.index + match[0].length
    if (last > text.length / 2) return last
  }
  return beginningEnd(text, text.length)
}

function trimmed(text: string, { start, end }: Span): Span {
  const piece = text.slice(start, end)
  const lead = piece.length - piece.trimStart().length
  return { start: Math.min(start + lead, end), end: Math.max(start + piece.trimEnd().length, start) }
}

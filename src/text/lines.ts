import type { Span } from '../domain/document.ts'

/** Lines of `text` without line ends. */
export function* lines(text: string, from = 0, to = text.length): Generator<Span> {
  for (let start = from; start < to; ) {
    const found = text.indexOf('\n', start)
    const end = found < 0 || found > to ? to : found
    yield { start, end }
    start = end + 1
  }
}

/** The span without surrounding white space; empty if there is nothing else. */
export function trimmed(text: string, span: Span): Span {
  let { start, end } = span
  while (start < end && isSpace(text, start)) start++
  while (end > start && isSpace(text, end - 1)) end--
  return { start, end }
}

/** The trimmed text with every run of white space as one space. */
export const oneLine = (text: string): string => text.replace(/\s+/gu, ' ').trim()

/** The first offset at or after `at` that is not white space. */
export function skipSpace(text: string, at: number): number {
  let next = at
  while (next < text.length && isSpace(text, next)) next++
  return next
}

const WHITE_SPACE = /\s/u

/** Called for every character, so the common codes are checked first. */
function isSpace(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code === 32 || (code >= 9 && code <= 13) || (code > 127 && WHITE_SPACE.test(text.charAt(at)))
}

/** Whether something else follows, such as a list: quotation marks and marks of Markdown may close the text. */
export const endsWithColon = (text: string): boolean => /[:：]["»”*_`)]*$/u.test(text)

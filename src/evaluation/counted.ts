/** Selects the parts of an answer that count: those cited from a correct document. */

export interface Part {
  readonly text: string
  readonly start: number
  /** Numbers of the marks after it. */
  readonly cited: readonly number[]
}

const MARKS = /(?:\[\d{1,3}(?:\s*,\s*\d{1,3})*\][ \t,;]*)+/g
const LETTER = /[\p{L}\p{N}]/u

/** Splits the text after each run of marks with one of these numbers; text after the last mark is uncited. */
export function partsOf(text: string, numbers: ReadonlySet<number>): Part[] {
  const parts: Part[] = []
  let start = 0
  for (const { 0: run, index } of withoutCode(text).matchAll(MARKS)) {
    const cited = [...run.matchAll(/\d+/g)].map(([digits]) => Number(digits)).filter((n) => numbers.has(n))
    if (cited.length === 0) continue
    parts.push({ text: text.slice(start, index), start, cited })
    start = index + run.length
  }
  const rest = text.slice(start)
  return LETTER.test(rest) ? [...parts, { text: rest, start, cited: [] }] : parts
}

/** Replaces code, which has no marks, by zeros; offsets stay the same. */
function withoutCode(text: string): string {
  const lines = text.split('\n')
  const shown: string[] = []
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const fence = at + 1 < lines.length ? FENCE.exec(line)?.[1] : undefined
    if (fence === undefined) {
      shown.push(line.replace(/`[^`\n]+`/g, zeros))
      continue
    }
    const end = lines.findIndex((other, i) => i > at && other.trim() === fence)
    const code = lines.slice(at, end < 0 ? lines.length : end + 1)
    // A quotation may start a fence without ending it: a mark at the end of a paragraph counts even there.
    shown.push(code.join('\n').replace(/(\s\[\d{1,3}\](?=\n[ \t]*\n|$))|[^\n]/g, keptMark))
    at += code.length - 1
  }
  return shown.join('\n')
}

const FENCE = /^[ \t]*(```+|~~~+)/
const zeros = (code: string) => '\0'.repeat(code.length)
const keptMark = (_: string, mark: string | undefined) => mark ?? '\0'

/** The first characters, without a word or number that would be split. */
export function cut(text: string, most: number): string {
  if (!isGlued(text[most])) return text.slice(0, most)
  let end = most
  while (end > 0 && isGlued(text[end - 1])) end -= 1
  return text.slice(0, end)
}

const isGlued = (character: string | undefined) => character !== undefined && GLUED.test(character)
const GLUED = /[\p{L}\p{N}.,:_-]/u

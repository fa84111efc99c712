import type { LoadedBlock, LoadedBlockKind, Span } from '../../domain/document.ts'
import { lines } from '../../text/lines.ts'
import { splitSentences } from '../../text/sentences.ts'
import type { Measure } from './measure.ts'

/** A part of a block, up to the start of the next part. Its tokens are stored because counting is slow. */
export interface Piece extends Span {
  readonly tokens: number
}

/** Ascending offsets in `text`, without 0, at which it may be cut. */
type Cuts = (text: string) => Iterable<number>

const atLines: Cuts = function* (text) {
  for (const { start } of lines(text)) if (start > 0) yield start
}

/** Before each item of a list, so that an item keeps the text under it. */
const atItems: Cuts = function* (text) {
  for (const { start } of lines(text))
    if (start > 0 && /^\s*(?:[-*+•]|\d{1,9}[.)])\s/u.test(text.slice(start, start + 80))) yield start
}

const atBlankLines: Cuts = function* (text) {
  let blank = false
  for (const { start, end } of lines(text)) {
    const isBlank = text.slice(start, end).trim() === ''
    if (blank && !isBlank) yield start
    blank = isBlank
  }
}

const atSentences: Cuts = function* (text) {
  for (const { start } of splitSentences(text)) {
    // A list or quote marker goes with its sentence.
    const before = text.slice(Math.max(0, start - 80), start)
    const marker = /(?:^|\n)([ \t>*+#•\d.)-]*)$/u.exec(before)?.[1]?.length ?? 0
    if (start - marker > 0) yield start - marker
  }
}

const atWords: Cuts = function* (text) {
  for (const match of text.matchAll(/\s\S/gu)) yield match.index + 1
}

/** Cuts long runs without white space, such as minified files and base64; UTF-16 code units. */
const RUN_CHARACTERS = 400

const atCharacters: Cuts = function* (text) {
  for (let at = RUN_CHARACTERS; at < text.length; at += RUN_CHARACTERS) yield wholeCharacter(text, at)
}

/**
 * `at`, or the next offset that is not inside a grapheme cluster: a surrogate pair, a letter with its accents, an
 * emoji with its parts. Clusters longer than in real text are cut, but never inside a surrogate pair.
 */
function wholeCharacter(text: string, at: number): number {
  for (let next = at; next < at + MAX_CLUSTER_CHARACTERS; next++)
    if (!/^[\uDC00-\uDFFF]/.test(text.charAt(next)) && !joinsBefore(text, next)) return next
  return /[\uDC00-\uDFFF]/.test(text.charAt(at)) ? at + 1 : at
}

const MAX_CLUSTER_CHARACTERS = 32
const JOINS = /^(?:\p{M}|\p{Emoji_Modifier}|\u200d)/u

/** Whether the character at `at` belongs to the one before it: accents, variation selectors, joined emoji, flags. */
function joinsBefore(text: string, at: number): boolean {
  const here = text.slice(at, at + 2)
  if (JOINS.test(here) || text.charAt(at - 1) === '\u200d') return true
  return /^\p{Regional_Indicator}/u.test(here) && oddFlagsBefore(text, at)
}

function oddFlagsBefore(text: string, at: number): boolean {
  let first = at
  while (first >= 2 && at - first < 64 && /^\p{Regional_Indicator}/u.test(text.slice(first - 2, first)))
    first -= 2
  return ((at - first) / 2) % 2 === 1
}

/** Where to cut, best places first; the last is always possible. */
const CUTS: Readonly<Record<LoadedBlockKind, readonly Cuts[]>> = {
  heading: [atSentences, atWords, atCharacters],
  paragraph: [atSentences, atWords, atCharacters],
  quote: [atSentences, atWords, atCharacters],
  list: [atItems, atSentences, atWords, atCharacters],
  table: [atLines, atWords, atCharacters],
  code: [atBlankLines, atLines, atWords, atCharacters],
}

/**
 * Cuts the block into pieces of at most `limit` tokens, no finer than needed: a sentence is cut into words only if
 * it alone exceeds the limit.
 */
export function cutBlock(source: string, block: LoadedBlock, measure: Measure, limit: number): Piece[] {
  const pieces: Piece[] = []
  const cut = (start: number, end: number, tokens: number, cuts: readonly Cuts[]): void => {
    const text = source.slice(start, end)
    const middle = wholeCharacter(text, text.length >> 1)
    const [best, ...worse] = cuts.length > 0 ? cuts : [() => [middle]]
    if (tokens <= limit || !best || middle === 0 || middle === text.length) {
      pieces.push({ start, end, tokens })
      return
    }
    let from = 0
    const take = (to: number) => {
      const part = text.slice(from, to)
      cut(start + from, start + to, measure(part), worse)
      from = to
    }
    for (const to of best(text)) take(to)
    take(text.length)
  }
  cut(block.start, block.end, measure(source.slice(block.start, block.end)), CUTS[block.kind])
  return pieces
}

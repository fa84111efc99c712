/**
 * Splits text, plain or Markdown, into sentences. It uses rules and word lists instead of Intl.Segmenter, which
 * splits after `т. е.`, initials and `5 апр. 1900 г.`. Ambiguous stops do not split: a quotation that is too long
 * is better than half of one.
 */
import type { Span } from '../domain/document.ts'
import { anyOf, ofAll } from './all-languages.ts'
import type { Abbreviations } from './knowledge.ts'

/**
 * Spans of the sentences of `text`, in order, not overlapping, without surrounding white space, in UTF-16 code
 * units. Lists, headings, table rows and blank lines end a sentence; a hard-wrapped line does not. Markers (`- `,
 * `1. `, `## `, `> `) are outside the spans. A fenced code block is one span. Lines without a letter or digit
 * (rules, underlines) give none. Linear in the length of the text.
 */
export function splitSentences(text: string): Span[] {
  const spans: Span[] = []
  const stops = stopsOf(text)
  for (const segment of segments(text)) {
    if (segment.whole) push(spans, text, segment.start, segment.end)
    else splitSegment(text, segment, stops, spans)
  }
  return spans
}

interface Segment extends Span {
  /** Not split at stops: code and table rows. */
  readonly whole: boolean
}

const LINE = /[^\n]*(?:\n|$)/gy
const BLANK = /^[\s|:=_*~-]*$/u
const FENCE = /^[ \t]{0,3}(?:```|~~~)/
const HEADING = /^\s{0,3}#{1,6}\s/
const TABLE_ROW = /^\s*\||\S \| \S/
/** Line prefixes that are not part of the sentence; bounded, so that matching stays linear. */
const MARKER = /^[ \t]{0,80}(?:(?:[-*+•–—]|\d{1,4}[.)]|#{1,6}|>)[ \t]{1,8}(?:\[[ xX]\][ \t]+)?)+/

/** Runs of lines that belong together: a paragraph, a list item, a heading, a table row, a code block. */
function segments(text: string): Segment[] {
  const found: Segment[] = []
  let open: number | undefined
  let fence: number | undefined
  let position = 0
  const close = (end: number, whole = false) => {
    if (open !== undefined) found.push({ start: open, end, whole })
    open = undefined
  }
  LINE.lastIndex = 0
  const fences = pairedFences(text)
  while (position < text.length) {
    LINE.lastIndex = position
    const line = LINE.exec(text)?.[0] ?? ''
    const end = position + line.length
    if (fences.has(position)) {
      close(position)
      if (fence === undefined) fence = position
      else {
        found.push({ start: fence, end, whole: true })
        fence = undefined
      }
    } else if (fence === undefined) {
      const head = line.length > 400 ? line.slice(0, 400) : line
      if (BLANK.test(head) && head.length === line.length) close(position)
      else {
        const marker = MARKER.exec(head)
        const row = TABLE_ROW.test(head)
        const heading = HEADING.test(head)
        if (marker || row || heading) close(position)
        open ??= position + (marker?.[0].length ?? 0)
        if (row || heading) close(end, row)
      }
    }
    position = end
  }
  close(text.length)
  return found
}

/** Starts of the lines that open and close code blocks; an unpaired last one is an ordinary line. */
function pairedFences(text: string): ReadonlySet<number> {
  const starts: number[] = []
  if (!text.includes('```') && !text.includes('~~~')) return new Set()
  for (let start = 0; start < text.length; ) {
    if (FENCE.test(text.slice(start, start + 8))) starts.push(start)
    const next = text.indexOf('\n', start)
    if (next < 0) break
    start = next + 1
  }
  if (starts.length % 2 === 1) starts.pop()
  return new Set(starts)
}

/** Sentence stops, or inline code, which is skipped. */
const STOP = /`[^`\n]{1,400}`|([.!?…]+)|([。！？]+[」』）”]?)/gu
/** What may follow stops: brackets, quotes, emphasis, footnote marks. */
const CLOSERS = /[)\]}»"”’'*_]{0,6}(?:\[[\d, ]{1,12}\]){0,6}(?=\s)/uy

interface Stop {
  readonly at: number
  readonly end: number
  /** Undefined for Chinese and Japanese stops, which always end a sentence. */
  readonly stops?: string
  readonly closers?: string
}

/** Finds the first stop at or after an offset, for increasing offsets; caches the next one. */
function stopsOf(text: string): (from: number) => Stop | undefined {
  let found = nextStop(text, 0)
  return (from) => {
    if (found && found.at < from) found = nextStop(text, from)
    return found
  }
}

function nextStop(text: string, from: number): Stop | undefined {
  STOP.lastIndex = from
  for (let match = STOP.exec(text); match; match = STOP.exec(text)) {
    const [whole, stops, wide] = match
    const end = match.index + whole.length
    if (wide !== undefined) return { at: match.index, end }
    if (stops === undefined) continue
    CLOSERS.lastIndex = end
    const closers = CLOSERS.exec(text)?.[0]
    if (closers !== undefined) return { at: match.index, end: end + closers.length, stops, closers }
  }
  return undefined
}

function splitSegment(
  text: string,
  segment: Segment,
  stopFrom: (from: number) => Stop | undefined,
  spans: Span[],
): void {
  let start = segment.start
  for (let stop = stopFrom(start); stop && stop.at < segment.end; stop = stopFrom(stop.end)) {
    const { at, end, stops, closers = '' } = stop
    if (end >= segment.end) continue
    if (stops !== undefined && !endsSentence(text, at, stops, closers, end)) continue
    push(spans, text, start, end)
    start = end
  }
  push(spans, text, start, segment.end)
}

const WORD_BEFORE = /(?<![^\s([{«"“„'*_])[^\s([{«"“„'*_]*$/u
const AFTER =
  /^\s+(?<openers>(?:[-–—]\s+)?[([{«"“„'*_`]*)(?<word>[\p{L}\p{N}][\p{L}\p{N}’'-]*)?(?<next>[.\s]?)/u

function endsSentence(text: string, at: number, stops: string, closers: string, end: number): boolean {
  const after = AFTER.exec(text.slice(end, end + 60))?.groups
  const word = after?.word ?? ''
  const openers = after?.openers ?? ''
  const opener = text[at - 1] ?? ''
  if (closers !== '' && '([{'.includes(opener) && opener !== '') return false
  if (/^\p{Ll}/u.test(word) && !openers.includes('`')) return false
  if (stops !== '.' || /^[)\]}»"”]/u.test(closers)) return true
  const before = WORD_BEFORE.exec(text.slice(Math.max(0, at - 40), at))?.[0] ?? ''
  return fullStopEnds(text, at, before, word, after?.next ?? '')
}

/** Words of all languages. */
const words = (pick: (abbreviations: Abbreviations) => ReadonlySet<string>): ReadonlySet<string> =>
  new Set(ofAll(({ abbreviations }) => pick(abbreviations)))

const NEVER_LAST = words(({ neverLast }) => neverLast)
const BEFORE_NUMBER = words(({ beforeNumber }) => beforeNumber)
const LAST_AFTER_NUMBER = words(({ lastAfterNumber }) => lastAfterNumber)
const RARELY_LAST = words(({ rarelyLast }) => rarelyLast)
const SENTENCE_STARTERS = words(({ sentenceStarters }) => sentenceStarters)
const ONE_LETTER_WORDS = words(({ oneLetterWords }) => oneLetterWords)

/** UTF-16 code units before a stop that can contain the longest of these phrases. */
const MAX_PHRASE_CHARACTERS = 6
const NEVER_LAST_PHRASE = new RegExp(
  `(?:^|[\\s(«])${anyOf(({ abbreviations }) => abbreviations.neverLastPhrases)}$`,
  'iu',
)
const LAST_PHRASE = new RegExp(
  `(?:^|[\\s(«])${anyOf(({ abbreviations }) => abbreviations.lastPhrases)}$`,
  'iu',
)

function fullStopEnds(text: string, at: number, before: string, word: string, next: string): boolean {
  const known = before.toLowerCase()
  const number = /^(?:\d|[IVXLC]+$)/u.test(word)
  const starts = SENTENCE_STARTERS.has(word.toLowerCase()) || (ONE_LETTER_WORDS.has(word) && next !== '.')
  const phrase = text.slice(Math.max(0, at - MAX_PHRASE_CHARACTERS), at)
  if (known === '') return true
  if (NEVER_LAST_PHRASE.test(phrase) || NEVER_LAST.has(known)) return false
  if (LAST_AFTER_NUMBER.has(known) && !/\d\s*$/u.test(text.slice(Math.max(0, at - 4), at - 1))) return false
  if (BEFORE_NUMBER.has(known) && number) return false
  if (LAST_PHRASE.test(phrase)) return true
  const initial = /^\p{L}$/u.test(before) || /^(?:\p{L}\.-?)+\p{L}$/u.test(before)
  if (initial || RARELY_LAST.has(known)) return starts
  return true
}

const HAS_CONTENT = /[\p{L}\p{N}\p{Extended_Pictographic}]/u

function push(spans: Span[], text: string, from: number, to: number): void {
  let start = from
  let end = to
  while (start < end && /\s/u.test(text[start] ?? '')) start++
  while (end > start && /\s/u.test(text[end - 1] ?? '')) end--
  if (start < end && HAS_CONTENT.test(text.slice(start, end))) spans.push({ start, end })
}

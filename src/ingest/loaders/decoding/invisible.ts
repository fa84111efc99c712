/**
 * Characters that nobody sees: soft hyphens, zero-width spaces, word joiners, byte order marks, and joiners where no
 * script needs them. Inside a word they keep it from being found, and nobody can tell why.
 */
import type { LoadedDocument } from '../../../domain/document.ts'

const INVISIBLE = /[\u00ad\u200b-\u200d\u2060\ufeff]/u
const DROPPED = /[\u00ad\u200b-\u200d\u2060\ufeff]/gu
/** Bounds what is looked at behind a soft hyphen; UTF-16 code units. */
const MAX_INDENT = 80

/** Scripts whose letters are shaped by joiners. */
const JOINING =
  /^[\p{scx=Arabic}\p{scx=Syriac}\p{scx=Mandaic}\p{scx=Nko}\p{scx=Mongolian}\p{scx=Phags_Pa}\p{scx=Devanagari}\p{scx=Bengali}\p{scx=Gurmukhi}\p{scx=Gujarati}\p{scx=Oriya}\p{scx=Tamil}\p{scx=Telugu}\p{scx=Kannada}\p{scx=Malayalam}\p{scx=Sinhala}\p{scx=Khmer}\p{scx=Myanmar}\p{scx=Tibetan}\p{scx=Javanese}\p{scx=Balinese}\p{scx=Sundanese}]$/u
const EMOJI = /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)$/u

const ZWNJ = '\u200c'
const ZWJ = '\u200d'
const SOFT_HYPHEN = '\u00ad'

/** What is dropped from a text: ascending, not adjacent. */
interface Cuts {
  readonly starts: readonly number[]
  readonly ends: readonly number[]
}

/** Without invisible characters. `joined`: words were hyphenated at ends of lines, so there are fewer lines now. */
export function withoutInvisible(text: string): { text: string; joined: boolean } {
  const cuts = cutsOf(text)
  return { text: cut(text, cuts), joined: joinsLines(text, cuts) }
}

/** The document without invisible characters in its text, titles and metadata; its blocks cover what they did. */
export function visibleDocument(document: LoadedDocument): LoadedDocument {
  const cuts = cutsOf(document.text)
  const at = offsetAfter(cuts)
  const { title, metadata } = document
  return {
    ...document,
    title: shown(title),
    metadata:
      metadata && Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, shown(value)])),
    text: cut(document.text, cuts),
    blocks: document.blocks
      .map((block) => ({
        ...block,
        headings: block.headings.map(shown),
        start: at(block.start),
        end: at(block.end),
      }))
      .filter(({ start, end }, i) => start < end || document.blocks[i]?.start === document.blocks[i]?.end),
    linesMatchFile: document.linesMatchFile && !joinsLines(document.text, cuts),
  }
}

const shown = (text: string): string => withoutInvisible(text).text

function cutsOf(text: string): Cuts {
  const starts: number[] = []
  const ends: number[] = []
  if (!INVISIBLE.test(text)) return { starts, ends }
  for (const { 0: character, index } of text.matchAll(DROPPED)) {
    if (index < (ends.at(-1) ?? 0) || isNeeded(text, index, character)) continue
    const end = character === SOFT_HYPHEN ? wordGoesOn(text, index + 1) : index + 1
    if (ends.at(-1) === index) ends[ends.length - 1] = end
    else {
      starts.push(index)
      ends.push(end)
    }
  }
  return { starts, ends }
}

/** Joiners shape letters of some scripts, and make one emoji of several. */
function isNeeded(text: string, at: number, character: string): boolean {
  if (character !== ZWNJ && character !== ZWJ) return false
  const before = characterBefore(text, at)
  const after = String.fromCodePoint(text.codePointAt(at + 1) ?? 32)
  if (EMOJI.test(before) && EMOJI.test(after)) return true
  return JOINING.test(before) && (character === ZWJ || JOINING.test(after))
}

function characterBefore(text: string, at: number): string {
  const pair = text.slice(Math.max(0, at - 2), at)
  return pair.length === 2 && (pair.codePointAt(0) ?? 0) > 0xffff ? pair : pair.slice(-1)
}

/** Where a word goes on that was hyphenated at the end of its line; `from` if it was not. */
function wordGoesOn(text: string, from: number): number {
  const rest = text.slice(from, from + MAX_INDENT)
  const gap = /^[ \t]*\n[ \t]*(?=\p{Ll})/u.exec(rest)?.[0].length ?? 0
  return from + gap
}

function cut(text: string, { starts, ends }: Cuts): string {
  if (starts.length === 0) return text
  const kept: string[] = []
  let from = 0
  for (const [i, start] of starts.entries()) {
    kept.push(text.slice(from, start))
    from = ends[i] ?? start
  }
  kept.push(text.slice(from))
  return kept.join('')
}

const joinsLines = (text: string, { starts, ends }: Cuts): boolean =>
  starts.some((start, i) => text.slice(start, ends[i]).includes('\n'))

/** Gives the offset in what is left for an offset of the text before. */
function offsetAfter({ starts, ends }: Cuts): (offset: number) => number {
  let dropped = 0
  /** The length of what is dropped up to the end of each cut. */
  const sums = starts.map((start, i) => {
    dropped += (ends[i] ?? start) - start
    return dropped
  })
  return (offset) => {
    let low = 0
    let high = starts.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((starts[middle] ?? 0) < offset) low = middle + 1
      else high = middle
    }
    // The last cut before the offset may reach beyond it.
    const beyond = Math.max(0, (ends[low - 1] ?? 0) - offset)
    return offset - ((sums[low - 1] ?? 0) - beyond)
  }
}

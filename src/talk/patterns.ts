/** Patterns of words: one slot for each word, with its alternatives; `_` among them makes the slot optional. */
import type { Span } from '../domain/document.ts'
import { foldCase } from '../text/fold.ts'

/** The alternatives for one word. */
export interface Slot {
  readonly words: ReadonlySet<string>
  /** Beginnings of words: written `document~`. */
  readonly beginnings: readonly string[]
  readonly isOptional: boolean
}
export type Pattern = readonly Slot[]

/** `classes`: alternatives that patterns name in braces. */
export function patternOf(written: string, classes: Readonly<Record<string, string>> = {}): Pattern {
  const whole = written.replace(/\{(\w+)\}/gu, (_, name: string) => classes[name] ?? '')
  return whole.split(' ').map(slotOf)
}

/** Patterns share their slots, so what is known of one need not be asked again. */
const SLOTS = new Map<string, Slot>()

function slotOf(written: string): Slot {
  const known = SLOTS.get(written)
  if (known !== undefined) return known
  const all = written.split('|')
  const slot = {
    words: new Set(all.filter((word) => word !== '_' && !word.endsWith('~'))),
    beginnings: all.filter((word) => word.endsWith('~')).map((word) => word.slice(0, -1)),
    isOptional: all.includes('_'),
  }
  SLOTS.set(written, slot)
  return slot
}

export const fits = ({ words, beginnings }: Slot, word: string): boolean =>
  words.has(word) || beginnings.some((beginning) => word.startsWith(beginning))

/** Where the pattern may end, if it begins at this word. */
export function endsOf(pattern: Pattern, words: readonly string[], start: number): Set<number> {
  let reached = new Set([start])
  for (const slot of pattern) {
    const next = new Set(slot.isOptional ? reached : [])
    for (const at of reached) {
      const word = words[at]
      if (word !== undefined && fits(slot, word)) next.add(at + 1)
    }
    if (next.size === 0) return next
    reached = next
  }
  return reached
}

/** Patterns with gaps between them, written `*`: each gap is one or more words of the asker's own. */
export type GappedPattern = readonly Pattern[]

export const gappedPatternOf = (written: string, classes: Readonly<Record<string, string>>): GappedPattern =>
  written.split('*').map((part) => (part.trim() === '' ? [] : patternOf(part.trim(), classes)))

/** Ranges of words. */
type Gaps = readonly Span[]

/** What stands in the gaps of a pattern that covers all the words. The pattern takes as many words as it can. */
export function gapsIn(
  [first = [], ...rest]: GappedPattern,
  words: readonly string[],
  start = 0,
): Gaps | undefined {
  const ends = [...endsOf(first, words, start)].sort((left, right) => right - left)
  if (rest.length === 0) return ends.includes(words.length) ? [] : undefined
  for (const end of ends) {
    for (let next = end + 1; next <= words.length; next += 1) {
      const gaps = gapsIn(rest, words, next)
      if (gaps !== undefined) return [{ start: end, end: next }, ...gaps]
    }
  }
  return undefined
}

const WORD = /[\p{L}\p{N}]+(?:['’ʼ`-][\p{L}\p{N}]+)*/gu

const plain = (text: string): string => foldCase(text).replace(/[’ʼ`]/gu, "'")

export const wordsOf = (text: string): readonly string[] => plain(text).match(WORD) ?? []

export interface SaidWord extends Span {
  /** Folded. */
  readonly word: string
}

/** With their places in the text. */
export const saidWords = (text: string): SaidWord[] =>
  Array.from(text.matchAll(WORD), ({ 0: written, index }) => ({
    word: plain(written),
    start: index,
    end: index + written.length,
  }))

/** Codes, names of settings and the like: words for which no other can stand. */
import { ofAll } from './all-languages.ts'
import { foldCase } from './fold.ts'

/** Words, joined as in `TERN_REDIS_URL`, `tiles.maxAge`, `QH-20418` or `555-02-34`. */
const JOINED = /[\p{L}\p{N}]+(?:[._:#@/-]{1,2}[\p{L}\p{N}]+)*/gu

const JOINERS = /[._:#@/-]+/u

/** `250kg`, `5th`, `1990s`: a number with its unit or ending. */
const COUNTED = /^\p{N}+(?:[.,:]\p{N}+)*-?\p{L}{1,4}$/u
const LETTER = /\p{L}/u
const DIGIT = /\p{N}/u
const SETTING = /\p{L}{2}_+\p{L}{2}|\p{L}{2}\.\p{L}{2}/u
const LONG_NUMBER = /^(?:\p{N}[-/]?){5,}$/u

/**
 * Whole ones, and the codes in them: `LE-T3-01` is one with `T3` in it. Case is folded, and letters that look like
 * Latin ones, which many people type in their place.
 */
export function identifiersIn(text: string): ReadonlySet<string> {
  const found = new Set<string>()
  for (const [written] of text.matchAll(JOINED)) {
    if (isCode(written) || SETTING.test(written) || LONG_NUMBER.test(written)) found.add(comparable(written))
    for (const part of written.split(JOINERS)) if (isCode(part)) found.add(comparable(part))
  }
  return found
}

const isCode = (word: string): boolean => LETTER.test(word) && DIGIT.test(word) && !COUNTED.test(word)

const LOOK_ALIKES = new Map(ofAll(({ lookAlikes }) => lookAlikes))

const comparable = (written: string): string =>
  Array.from(foldCase(written), (letter) => LOOK_ALIKES.get(letter) ?? letter).join('')

/** How to tell the single-byte encodings of Russian apart: by which letters follow which. */
import type { LegacyEncodings } from '../knowledge.ts'
import { LETTERS, PAIRS } from './letter-pairs.ts'

/** Fewer look like letters in some encoding or other. */
const MIN_LETTERS = 4

/** What a character above ASCII says when it is no letter of Russian, or a letter where none belongs. */
const MARK = 5
const MISPLACED = -6
const STRANGE = -10
const RARE = -3

/** Mean over the characters above ASCII of how well each goes with the one before it, 0 where they are too few. */
function score(text: string): number {
  let all = 0
  let sum = 0
  let before = ' '
  let pair = 0
  const characters = Array.from(`${text} `)
  const closed = new Set(Object.keys(CLOSERS).filter((opener) => CLOSERS[opener]?.test(text)))
  for (const [i, character] of characters.entries()) {
    const letter = letterOf(character)
    if (letter > 0 || pair > 0) {
      all++
      sum += Number(PAIRS[pair]?.[letter] ?? 0)
      if (letter > 0 && (isCapital(character) ? isSmall(before) : /[a-zA-Z0-9]/.test(before)))
        sum += MISPLACED
      if (letter === 0 && /[a-zA-Z]/.test(character)) sum += MISPLACED
      if (/ё/iu.test(character) && pair === 0) sum += RARE
      // A dash at the beginning of a word is a letter of another encoding.
      if (letter > 0 && /[—–]/u.test(before)) sum += MISPLACED
    }
    if (letter === 0 && character > '\x7f' && !isFrame(before, character, characters[i + 1])) {
      all++
      sum += markScore(character, before, closed)
    }
    before = character
    pair = letter
  }
  return all < MIN_LETTERS ? 0 : sum / all
}

/** Part of a table drawn with lines: these don't stand alone, but for the vertical ones. */
const isFrame = (before: string, character: string, after = ' '): boolean =>
  BOX.test(character) &&
  (/[│║┃]/u.test(character) || BOX.test(before) || BOX.test(after)) &&
  !/[а-яё]/iu.test(before)
const BOX = /[\u2500-\u259f]/u

/** `closed`: the opening quotation marks whose closing ones there are. */
function markScore(character: string, before: string, closed: ReadonlySet<string>): number {
  if (character in CLOSERS) return /[\p{L}\p{N}]/u.test(before) || !closed.has(character) ? MISPLACED : MARK
  if (/[»”’…]/u.test(character)) return before === ' ' ? MISPLACED : MARK
  if (character === '\u00a0') return /\s/.test(before) ? MISPLACED : MARK
  return /[—–№§°©•іїєґўІЇЄҐ]/u.test(character) ? MARK : STRANGE
}

/** Opening quotation marks: one that is never closed is a letter of another encoding. */
const CLOSERS: Readonly<Record<string, RegExp>> = { '«': /»/u, '„': /[“”]/u, '“': /[”„]/u, '‘': /’/u }

/** Its number among the letters of Russian, 0 for every other character. */
function letterOf(character: string): number {
  const small = character.toLowerCase()
  return LETTERS.indexOf(small === 'ё' ? 'е' : small) + 1
}

const isCapital = (character: string): boolean => /[А-ЯЁ]/u.test(character)
const isSmall = (character: string): boolean => /[а-яё]/u.test(character)

export const legacyEncodings: LegacyEncodings = {
  names: ['windows-1251', 'koi8-r', 'ibm866', 'iso-8859-5', 'maccyrillic', 'koi8-u'],
  score,
  // Russian text has 6 to 7 a character, text in the wrong encoding or language hardly 3.
  minScore: 4.8,
}

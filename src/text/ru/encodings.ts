/** Tells the single-byte encodings of Russian apart, by the frequency of letter pairs. */
import type { LegacyEncodings } from '../knowledge.ts'
import { LETTERS, PAIRS } from './letter-pairs.ts'

/** Fewer letters look plausible in some encoding or other. */
const MIN_LETTERS = 4

/** Score of a character above ASCII that is not a Russian letter, or of a letter in the wrong place. */
const MARK_SCORE = 5
const MISPLACED_SCORE = -6
const STRANGE_SCORE = -10
const RARE_SCORE = -3

/** Mean score of the characters above ASCII, each with the one before it; 0 if there are too few. */
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
        sum += MISPLACED_SCORE
      if (letter === 0 && /[a-zA-Z]/.test(character)) sum += MISPLACED_SCORE
      if (/ё/iu.test(character) && pair === 0) sum += RARE_SCORE
      // A dash at the beginning of a word is a letter in another encoding.
      if (letter > 0 && /[—–]/u.test(before)) sum += MISPLACED_SCORE
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

/** Box-drawing characters: they don't stand alone, except vertical ones. */
const isFrame = (before: string, character: string, after = ' '): boolean =>
  BOX.test(character) &&
  (/[│║┃]/u.test(character) || BOX.test(before) || BOX.test(after)) &&
  !/[а-яё]/iu.test(before)
const BOX = /[\u2500-\u259f]/u

/** `closed`: the opening quotation marks that are closed later. */
function markScore(character: string, before: string, closed: ReadonlySet<string>): number {
  if (character in CLOSERS)
    return /[\p{L}\p{N}]/u.test(before) || !closed.has(character) ? MISPLACED_SCORE : MARK_SCORE
  if (/[»”’…]/u.test(character)) return before === ' ' ? MISPLACED_SCORE : MARK_SCORE
  if (character === '\u00a0') return /\s/.test(before) ? MISPLACED_SCORE : MARK_SCORE
  return /[—–№§°©•іїєґўІЇЄҐ]/u.test(character) ? MARK_SCORE : STRANGE_SCORE
}

/** Opening quotation marks: one that is never closed is a letter in another encoding. */
const CLOSERS: Readonly<Record<string, RegExp>> = { '«': /»/u, '„': /[“”]/u, '“': /[”„]/u, '‘': /’/u }

/** The letter's index in Russian, 0 for every other character. */
function letterOf(character: string): number {
  const small = character.toLowerCase()
  return LETTERS.indexOf(small === 'ё' ? 'е' : small) + 1
}

const isCapital = (character: string): boolean => /[А-ЯЁ]/u.test(character)
const isSmall = (character: string): boolean => /[а-яё]/u.test(character)

export const legacyEncodings: LegacyEncodings = {
  names: ['windows-1251', 'koi8-r', 'ibm866', 'iso-8859-5', 'maccyrillic', 'koi8-u'],
  score,
  // Russian text scores 6 to 7 per character; text in the wrong encoding or language hardly reaches 3.
  minScore: 4.8,
}

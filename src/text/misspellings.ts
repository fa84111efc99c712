/** What somebody may have meant to type: words one mistake away, and the same keys on another keyboard. */
import { ofAll } from './all-languages.ts'
import { areNeighbours, keyOf, ON_LATIN_KEYS } from './keyboard.ts'
import { KNOWLEDGE, languageOfWord } from './language.ts'

/** A word that one mistake turns into the written one. */
export interface Spelling {
  readonly word: string
  /** Logarithm of how likely this mistake is, beside the others. */
  readonly likelihood: number
}

/** Swapped neighbours and doubled letters are the commonest mistakes, and the first letter is hardly ever wrong. */
const SWAPPED = 3
const DOUBLED = 3
const NEIGHBOURING_KEY = 2
const VOWEL = 2
const LEFT_OUT_OR_ADDED = 2
const OTHER = 1
const FIRST_LETTER = -2

const VOWELS = new Set(ofAll(({ vowels }) => vowels))

const ON_OTHER_KEYS = new Map(Array.from(ON_LATIN_KEYS, ([letter, key]) => [key, letter]))

/** `word` in lower case. A few hundred spellings, a constant number for each letter. */
export function spellingsOf(word: string): Spelling[] {
  const { alphabet } = KNOWLEDGE[languageOfWord(word)]
  const likeliest = new Map<string, number>()
  const add = (spelling: string, at: number, likelihood: number) => {
    const value = likelihood + (at === 0 ? FIRST_LETTER : 0)
    if (spelling !== word && value > (likeliest.get(spelling) ?? Number.NEGATIVE_INFINITY))
      likeliest.set(spelling, value)
  }
  for (let at = 0; at <= word.length; at += 1) {
    const [before, letter, after] = [word.slice(0, at), word.charAt(at), word.slice(at + 1)]
    for (const missing of alphabet) {
      const isDoubled = missing === letter || missing === word.charAt(at - 1)
      add(before + missing + letter + after, at, isDoubled ? DOUBLED : LEFT_OUT_OR_ADDED)
    }
    if (letter === '') continue
    add(before + after, at, letter === word.charAt(at - 1) ? DOUBLED : LEFT_OUT_OR_ADDED)
    for (const meant of alphabet) add(before + meant + after, at, replaced(letter, meant))
    if (after !== '') add(before + after.charAt(0) + letter + after.slice(1), at, SWAPPED)
  }
  return Array.from(likeliest, ([spelling, likelihood]) => ({ word: spelling, likelihood }))
}

function replaced(letter: string, meant: string): number {
  if (VOWELS.has(letter) && VOWELS.has(meant)) return VOWEL
  const [key, other] = [keyOf(letter), keyOf(meant)]
  const isNear = key !== undefined && other !== undefined && areNeighbours(key, other)
  return isNear ? NEIGHBOURING_KEY : OTHER
}

/** The same keys on the other keyboard: `ghbdtn` is `привет`, `руддщ` is `hello`. Lower case; undefined if it mixes both. */
export function onOtherKeyboard(text: string): string | undefined {
  const written = text.toLowerCase()
  const hasLatin = /\p{Script=Latin}/u.test(written)
  const hasOther = Array.from(ON_LATIN_KEYS.keys()).some((letter) => written.includes(letter))
  if (hasLatin === hasOther) return undefined
  const keys = hasLatin ? ON_OTHER_KEYS : ON_LATIN_KEYS
  return Array.from(written, (letter) => keys.get(letter) ?? letter).join('')
}

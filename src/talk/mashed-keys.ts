/** Recognises keys that were hit at random: `asdfgh`, `фывапролд`. */
import { areNeighbours, keyOf } from '../text/keyboard.ts'

/** Letters of all words together: fewer may be an abbreviation. */
const MIN_LETTERS = 6

/** Of the pairs of letters: no word of a language has so many on neighbouring keys. */
const MIN_NEIGHBOURS = 0.65

/** `words` in lower case. */
export function isMashed(words: readonly string[]): boolean {
  let pairs = 0
  let neighbours = 0
  for (const word of words) {
    const keys = Array.from(word, keyOf)
    for (const [at, key] of keys.entries()) {
      if (key === undefined) return false
      const before = at === 0 ? undefined : keys[at - 1]
      if (before === undefined) continue
      pairs += 1
      if (areNeighbours(key, before)) neighbours += 1
    }
  }
  return pairs + words.length >= MIN_LETTERS && neighbours >= MIN_NEIGHBOURS * pairs
}

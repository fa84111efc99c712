/** Scripts that write no spaces between words. */

const UNSPACED =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}ー々'

const ANY = new RegExp(`[${UNSPACED}]`, 'u')
const IDEOGRAPH = /\p{Script=Han}/u
const RUN = new RegExp(`[${UNSPACED}]+|[^${UNSPACED}]+`, 'gu')

export const isUnspaced = (word: string): boolean => ANY.test(word)

/**
 * The parts of a run that can be compared without a dictionary: every two neighbouring characters, and each that is a
 * word by itself. What stands between in other scripts is a part of its own.
 */
export function unspacedParts(run: string): string[] {
  const parts: string[] = []
  for (const [stretch] of run.matchAll(RUN)) {
    if (!isUnspaced(stretch)) {
      parts.push(stretch)
      continue
    }
    const characters = Array.from(stretch)
    for (const [at, character] of characters.entries()) {
      if (IDEOGRAPH.test(character) || characters.length === 1) parts.push(character)
      const next = characters[at + 1]
      if (next !== undefined) parts.push(character + next)
    }
  }
  return parts
}

/** Words of English and Russian text in comparable form: lower case, without endings, without stop words. */
import { STOP_WORDS } from './stop-words.ts'

/** A content word. */
export interface Term {
  /** The comparable form: equal for `installing` and `installed`, for `установка` and `установки`. */
  readonly stem: string
  /** Names, numbers and codes must be matched by an answer. */
  readonly kind: 'word' | 'name' | 'number'
}

/** The content words of `text` in order; the parts of `some_name` and `a/path.txt` are separate words. */
export function terms(text: string): Term[] {
  const found: Term[] = []
  for (const { 0: written, index } of text.matchAll(WORD)) {
    const word = fold(written)
    if (!STOP_WORDS.has(word)) found.push({ stem: stem(word), kind: kindOf(written, index) })
  }
  return found
}

export const stems = (text: string): ReadonlySet<string> => new Set(terms(text).map((term) => term.stem))

const WORD = /[\p{L}\p{N}]+(?:[’'][\p{L}]+)?/gu
const CAPITAL = /^\p{Lu}/u
const CODE = /^\p{Lu}[\p{Lu}\p{N}]+$/u

/** An initial capital at the very beginning does not make a name, unless the whole word is in capitals. */
function kindOf(written: string, index: number): Term['kind'] {
  if (/\p{N}/u.test(written)) return 'number'
  return CODE.test(written) || (index > 0 && CAPITAL.test(written)) ? 'name' : 'word'
}

const fold = (word: string): string =>
  word
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll('ё', 'е')
    .replace(/[’']s?$/u, '')
    .replace(/[’']/gu, '')

/**
 * Beyond six letters, words with the same root differ more often than words with different roots agree (measured
 * on XQuAD).
 */
const STEM_LENGTH = 6
/** UTF-16 code units; no suffix of a longer word reaches into its stem. */
const LONGEST_WORD = 64

function stem(word: string): string {
  if (/\p{N}/u.test(word) || word.length <= 3) return word
  if (word.length > LONGEST_WORD) return word.slice(0, STEM_LENGTH)
  const root = /\p{Script=Cyrillic}/u.test(word) ? russianRoot(word) : englishRoot(word)
  return root.length > STEM_LENGTH ? root.slice(0, STEM_LENGTH) : root
}

const ENGLISH_SUFFIXES = 'ation ations ing edly ed ly ment er or ion al ity ness ive ous ful est'.split(' ')

/** The part before the longest suffix after the last vowel that has a suffix after it. */
function beforeSuffix(word: string): string | undefined {
  const starts = ENGLISH_SUFFIXES.filter((suffix) => word.endsWith(suffix)).map(
    (suffix) => word.length - suffix.length,
  )
  let vowel = Math.max(0, ...starts) - 1
  while (vowel >= 0 && !'aeiouy'.includes(word[vowel] ?? '')) vowel--
  return vowel < 0 ? undefined : word.slice(0, Math.min(...starts.filter((start) => start > vowel)))
}

function englishRoot(word: string): string {
  let root = word
  if (/ies$/u.test(root) && root.length > 4) root = `${root.slice(0, -3)}y`
  else if (/(?:ss|sh|ch|x|z)es$/u.test(root)) root = root.slice(0, -2)
  else if (/[^siu]s$/u.test(root)) root = root.slice(0, -1)
  const before = beforeSuffix(root)
  if (before !== undefined && before.length >= 3) root = before.replace(/([bdfgmnprt])\1$/u, '$1')
  return root.replace(/e$/u, '').replace(/i$/u, 'y')
}

const RUSSIAN_ENDINGS = [
  'ыва ива ова ева', // before a participle's ending
  'вшись вший вшая вшее вшие вшего вшему вшую вших вшим вшими вшей вши вше вш',
  'иями иях ием ами ями иям ией его ого ему ому ыми ими ете йте ешь нно ует уют ать ять еть ить ыть ала яла ела ила ыла',
  'ало яло ело ило ыло али яли ели или ыли ают яют ает яет ите ишь ит ат ят ут ют ет ем им ым ом ах ях ам ям ов ев ей',
  'ых их ой ий ый ая яя ое ее ые ие ую юю ою ею ию ья ье ьи ия ии ью ал ял ел ил ыл ть ы и а я о е у ю ь й',
]
const RUSSIAN_ENDING = new RegExp(
  `(?:(?:${alternatives(RUSSIAN_ENDINGS[0])})?(?:${alternatives(RUSSIAN_ENDINGS[1])})|${alternatives(RUSSIAN_ENDINGS.slice(2).join(' '))})$`,
  'u',
)

function alternatives(list = ''): string {
  return list
    .split(' ')
    .toSorted((a, b) => b.length - a.length)
    .join('|')
}

function russianRoot(word: string): string {
  const root = word.replace(/(?:ся|сь)$/u, '')
  const ending = RUSSIAN_ENDING.exec(root)?.[0] ?? ''
  const bare = root.length - ending.length >= 3 ? root.slice(0, root.length - ending.length) : root
  return bare.length > 4
    ? bare.replace(/(?:енн|нн|н)$/u, (suffix) => (bare.length - suffix.length >= 4 ? '' : suffix))
    : bare
}

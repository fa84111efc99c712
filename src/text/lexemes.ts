/**
 * What BM25 compares: word stems, and names of things (identifiers, paths, versions, codes) both whole and in
 * parts. Computed identically for passages and questions, in this process, so that every database agrees.
 */
import { anyOf } from './all-languages.ts'
import { foldCase } from './fold.ts'
import { KNOWLEDGE, languageOfWord } from './language.ts'
import { STOP_WORDS } from './stop-words.ts'
import { isUnspaced, unspacedParts } from './unspaced.ts'

/** Raised when the same text gives different lexemes or weights: the rows of all indexes are then recomputed. */
export const LEXEMES_VERSION = 5

/** Longer runs are data, not words: they are truncated. */
const MAX_LEXEME_CHARACTERS = 64

/** The lexemes of a text in order, with repetitions, without stop words. */
export function lexemes(text: string): string[] {
  const found: string[] = []
  for (const [written] of joinedDigits(text.normalize('NFC')).matchAll(COMPOUND))
    for (const lexeme of ofCompound(written)) found.push(lexeme)
  return found
}

/** The same, those of one word or name together; words without any are left out. */
export const lexemeGroups = (text: string): (readonly string[])[] =>
  Array.from(joinedDigits(text.normalize('NFC')).matchAll(COMPOUND), ([written]) =>
    ofCompound(written),
  ).filter((group) => group.length > 0)

/**
 * Letters and digits, and the characters that join them into a name: `src/read-file.ts`, `node:fs`, `C++`,
 * `O'Neill`, `1.2.3`.
 */
const COMPOUND = /[\p{L}\p{N}\p{M}]+(?:[-‑–._/\\:@'’#+&=~$]{1,3}[\p{L}\p{N}\p{M}]+)*(?:\+\+|#)?/gu

/** `1,000,000` and `1 000 000` are one number; `120 340` may be two cells of a row, and gives both. */
const joinedDigits = (text: string): string =>
  text.replace(/(?<![\p{N}.,])\p{N}{1,3}(?:[, \u00a0\u202f]\p{N}{3})+(?!\p{N})/gu, (digits) => {
    const joined = digits.replace(/\P{N}/gu, '')
    const apart = digits.includes(' ') && !digits.endsWith(' 000')
    return apart ? `${joined} ${digits}` : joined
  })

const NEGATION = new RegExp(`${anyOf(({ contractions }) => contractions.negation)}$`, 'iu')
const CONTRACTED = new RegExp(`${anyOf(({ contractions }) => contractions.endings)}$`, 'iu')

const SEGMENTS = /[/\\:@=&]+/u
const VERSION = /^v?(\p{N}+(?:\.\p{N}+)+)$/iu

const MAX_MEMO_WORDS = 100_000
const known = new Map<string, readonly string[]>()

/** Memoised: most words of a text have occurred before. */
function ofCompound(written: string): readonly string[] {
  if (isUnspaced(written)) {
    return unspacedParts(foldCase(written)).flatMap((part) => (isUnspaced(part) ? [part] : ofCompound(part)))
  }
  const before = known.get(written)
  if (before !== undefined) return before
  const found: string[] = []
  const segments = written.split(SEGMENTS).filter((segment) => segment !== '')
  for (const segment of segments) addSegment(segment, found)
  if (segments.length > 1) addWhole(segments.join(''), found)
  if (written.length > MAX_LEXEME_CHARACTERS) return found
  if (known.size >= MAX_MEMO_WORDS) known.clear()
  known.set(written, found)
  return found
}

/** A name without `/`, `:` and the like. */
function addSegment(segment: string, found: string[]): void {
  const version = VERSION.exec(segment)?.[1]
  if (version !== undefined) {
    const numbers = version.split('.')
    if (numbers.length > 2) found.push(numbers.slice(0, 2).join('.'))
    found.push(version.slice(0, MAX_LEXEME_CHARACTERS))
    return
  }
  if (NEGATION.test(segment)) return
  const bare = segment.replace(CONTRACTED, '')
  const name = foldCase(bare)
  const parts = (bare.match(PART) ?? []).map(foldCase)
  if (parts.length < 2 && !/[+#]$/u.test(name)) {
    addWord(name.replace(SEPARATORS, ''), found)
    return
  }
  for (const part of parts) if (part.length > 1) addWord(part, found)
  addWhole(name, found)
}

/** `get`, `Element`, `By` and `Id` of `getElementById`; `HTTP` and `2` of `HTTP2`. */
const PART = /\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{M}]+|[\p{Lo}\p{Lm}\p{Lt}\p{M}]+|\p{N}+|\p{Lu}/gu

const SEPARATORS = /[^\p{L}\p{N}\p{M}+#]/gu

/** Makes `readFile`, `read_file`, `read-file` and `readfile` equal. */
function addWhole(name: string, found: string[]): void {
  addWord(foldCase(name).replace(SEPARATORS, ''), found)
}

function addWord(word: string, found: string[]): void {
  if (word !== '' && !STOP_WORDS.has(word)) found.push(stem(word.slice(0, MAX_LEXEME_CHARACTERS)))
}

const stem = (word: string): string =>
  /\p{N}/u.test(word) ? word : KNOWLEDGE[languageOfWord(word)].stem(word)

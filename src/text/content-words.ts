/** The words of a text in the form in which sentences are compared: lower case, without endings, without stop words. */
import type { Span } from '../domain/document.ts'
import { foldCase } from './fold.ts'
import { KNOWLEDGE, languageOfWord } from './language.ts'
import { STOP_WORDS } from './stop-words.ts'
import { isUnspaced, unspacedParts } from './unspaced.ts'

/** A content word. */
export interface ContentWord {
  /** The comparable form: equal for `installing` and `installed`, for `установка` and `установки`. */
  readonly root: string
  /** Names, numbers and codes must be matched by an answer. */
  readonly kind: 'word' | 'name' | 'number'
}

/** The content words of `text` in order; the parts of `some_name` and `a/path.txt` are separate words. */
export function contentWords(text: string): ContentWord[] {
  const found: ContentWord[] = []
  for (const { 0: written, index } of text.matchAll(WORD)) {
    const word = fold(written)
    if (isUnspaced(word)) {
      for (const part of unspacedParts(word)) found.push({ root: part, kind: 'word' })
      continue
    }
    if (!STOP_WORDS.has(word)) found.push({ root: rootOf(word), kind: kindOf(written, index) })
  }
  return found
}

export const roots = (text: string): ReadonlySet<string> =>
  new Set(contentWords(text).map((term) => term.root))

/** A word as it is written. */
export interface WrittenWord extends Span {
  readonly isContent: boolean
}

/** All words of `text` in order, with their places. */
export const writtenWords = (text: string): WrittenWord[] =>
  Array.from(text.matchAll(WORD), ({ 0: written, index }) => ({
    start: index,
    end: index + written.length,
    isContent: !STOP_WORDS.has(fold(written)),
  }))

const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(?:[’'][\p{L}\p{M}]+)?/gu
const CAPITAL = /^\p{Lu}/u
const CODE = /^\p{Lu}[\p{Lu}\p{N}]+$/u

/** An initial capital at the very beginning does not make a name, unless the whole word is in capitals. */
function kindOf(written: string, index: number): ContentWord['kind'] {
  if (/\p{N}/u.test(written)) return 'number'
  return CODE.test(written) || (index > 0 && CAPITAL.test(written)) ? 'name' : 'word'
}

/** Drops the possessive, and turns `don't` into `dont`. */
const fold = (word: string): string =>
  foldCase(word)
    .replace(/[’']s?$/u, '')
    .replace(/[’']/gu, '')

/**
 * Beyond six letters, words with the same root differ more often than words with different roots agree (measured
 * on XQuAD).
 */
const MAX_ROOT_CHARACTERS = 6
/** UTF-16 code units; no suffix of a longer word reaches into its root. */
const MAX_WORD_CHARACTERS = 64

function rootOf(word: string): string {
  if (/\p{N}/u.test(word) || word.length <= 3) return word
  if (word.length > MAX_WORD_CHARACTERS) return word.slice(0, MAX_ROOT_CHARACTERS)
  return KNOWLEDGE[languageOfWord(word)].root(word).slice(0, MAX_ROOT_CHARACTERS)
}

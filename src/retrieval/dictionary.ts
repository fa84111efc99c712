/**
 * Whether a word is one of its language, by its stem: a set of the stems of a spelling dictionary, which errs in one of a
 * hundred words that are none, and never in one that is. models/builtin/words/README.md tells where it comes from.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../config/package-root.ts'
import type { Language } from '../domain/language.ts'
import { foldCase } from '../text/fold.ts'
import { KNOWLEDGE, languageOfWord } from '../text/language.ts'

/** Bits that a stem sets. With ten bits of the set for each stem, one of a hundred others finds all of its own set. */
const BITS_PER_STEM = 7

const sets = new Map<Language, Uint8Array>()

function setOf(language: Language): Uint8Array {
  const known = sets.get(language)
  if (known !== undefined) return known
  const read = readFileSync(join(packageRoot(), 'models', 'builtin', 'words', `${language}.bloom`))
  sets.set(language, read)
  return read
}

/** Read at the first use: a quarter of a megabyte for each language. */
export function isDictionaryWord(word: string): boolean {
  const language = languageOfWord(word)
  const set = setOf(language)
  return bitsOf(stemOf(word, language), set.length * 8).every(
    (bit) => ((set[bit >>> 3] ?? 0) & (1 << (bit & 7))) !== 0,
  )
}

export const stemOf = (word: string, language: Language): string => KNOWLEDGE[language].stem(foldCase(word))

/** Bloom's filter with two hashes (Kirsch and Mitzenmacher, 2008). */
export function bitsOf(stem: string, bits: number): number[] {
  const one = fnv1a(stem, 0x811c9dc5)
  const two = fnv1a(stem, 0x9747b28c) | 1
  return Array.from({ length: BITS_PER_STEM }, (_, at) => ((one + Math.imul(at, two)) >>> 0) % bits)
}

function fnv1a(text: string, seed: number): number {
  let hash = seed
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}

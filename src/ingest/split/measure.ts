import type { Tokenizer } from '../../ports/embedder.ts'

/** Length of a text in tokens, for deciding where to cut. */
export type Measure = (text: string) => number

/**
 * Text of known scripts has a token in 3 to 5 characters. The tokenizer gives one token for a run of any length
 * in a script that it doesn't know, and takes long for megabytes: both are measured by their characters.
 */
const CHARACTERS_PER_TOKEN = 12

/** Exact up to `longest` tokens; above it, it only says so. */
export function createMeasure(tokenizer: Tokenizer, longest: number): Measure {
  return (text) => {
    const least = Math.ceil(visibleCharacters(text) / CHARACTERS_PER_TOKEN)
    return least > longest ? least : Math.max(least, tokenizer.count(text))
  }
}

function visibleCharacters(text: string): number {
  let count = 0
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 32) count++
  return count
}

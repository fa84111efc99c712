import type { Tokenizer } from '../../ports/embedder.ts'

/** Length of a text in tokens, precise enough to decide where to cut. */
export type Measure = (text: string) => number

/**
 * Known scripts have 3 to 5 characters per token. In an unknown script the tokenizer gives one token for a run of any
 * length, and megabytes take it long: both are measured by their characters instead.
 */
const CHARACTERS_PER_TOKEN = 12

/** Exact up to `longest` tokens; beyond that, only a lower bound. */
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

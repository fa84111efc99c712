import type { Answer } from '../domain/answer.ts'
import { printableLine } from '../domain/printable.ts'
import { CERTAINTY_WORDS } from '../terminal/certainty-words.ts'
import { fromCache } from '../terminal/from-cache.ts'
import { duration } from '../text/amounts.ts'

/** Where the answer came from and how long it took, in one line. */
export function provenance({ cached, certainty, generator, timings, usage, question }: Answer): string {
  const parts = [CERTAINTY_WORDS[certainty]]
  parts.push(cached === false ? printableLine(generator) : fromCache(cached, question))
  if (timings.total !== undefined) parts.push(duration(timings.total))
  if (usage !== undefined) parts.push(`${usage.promptTokens + usage.completionTokens} tokens`)
  return parts.filter((part) => part !== undefined).join(' · ')
}

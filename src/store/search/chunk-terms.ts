import { setImmediate } from 'node:timers/promises'
import { chunkTerms } from '../../../drizzle/schema.ts'
import { type LexicalText, passageTerms, type WeightedTerm } from '../../text/bm25.ts'
import { batches } from '../database/batches.ts'
import type { Queries } from '../database/database.ts'

/** Passages processed at a time, in a few milliseconds: the daemon's thread has other work too. */
const PASSAGES_AT_ONCE = 16

/** The passages with their terms. Must not run inside a transaction, which would block PGlite's only session. */
export async function withTerms<Passage extends LexicalText>(
  passages: Iterable<Passage>,
): Promise<(Passage & { terms: WeightedTerm[] })[]> {
  const made: (Passage & { terms: WeightedTerm[] })[] = []
  for (const passage of passages) {
    if (made.length % PASSAGES_AT_ONCE === PASSAGES_AT_ONCE - 1) await setImmediate()
    made.push({ ...passage, terms: passageTerms(passage) })
  }
  return made
}

/** Every chunk of a live generation has a row, written in the same transaction as the chunk. */
export async function insertTerms(
  queries: Queries,
  rows: readonly {
    readonly generation: number
    readonly chunk: number
    readonly terms: readonly WeightedTerm[]
  }[],
): Promise<void> {
  for (const batch of batches(rows, ({ terms }) => terms.length * 12)) {
    await queries.insert(chunkTerms).values(
      batch.map(({ generation, chunk, terms }) => ({
        generation,
        chunk,
        terms: terms.map(({ id }) => id),
        weights: terms,
      })),
    )
  }
}

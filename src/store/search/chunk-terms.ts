import { setImmediate } from 'node:timers/promises'
import { chunkTerms } from '../../../drizzle/schema.ts'
import { type LexicalText, passageTerms, type WeightedTerm } from '../../text/bm25.ts'
import { batches } from '../database/batches.ts'
import type { Queries } from '../database/database.ts'

/** Passages whose terms are made at a time, in some milliseconds: the daemon's thread has other work, too. */
const PASSAGES_AT_ONCE = 16

/** The passages with their terms. Not inside a transaction: PGlite's only session would wait for it. */
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

/** Every chunk of a live generation has a row, written in the transaction that writes the chunk. */
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

import { type CachePlace, cachePlace } from '../cache/key.ts'
import type { Answer } from '../domain/answer.ts'
import type { Collection } from '../domain/document.ts'
import type { Principal } from '../domain/principal.ts'
import type { Ask, Embedded, Looked } from './ask.ts'
import type { FoundAnswer, Ports } from './ports.ts'
import { elapsed, type Stage } from './stage.ts'

/** Where the cache holds answers to this ask; undefined when it may neither use nor fill it. */
export function placeOf(ask: Ask, ports: Ports): CachePlace | undefined {
  const mayReuse = ask.cache && ask.history.length === 0 && ask.collections.every(({ cache }) => cache)
  if (ports.cache === undefined || !mayReuse) return undefined
  return cachePlace({
    collections: ask.collections,
    ...(ask.filter === undefined ? {} : { filter: ask.filter }),
    generator: ask.generator.id,
    promptVersion: ask.generator.promptVersion,
    model: ports.embedder.model.fingerprint,
    ...(ports.reranker === undefined ? {} : { reranker: ports.reranker.name }),
    retrieval: ask.retrieval,
    language: ask.language,
    question: ask.question,
  })
}

/**
 * Answers from the cache: what is found is stored as the answer to this ask at once, because the statement that
 * stores it is the one that knows whether it may still be given.
 */
export const readCache: Stage<Embedded, Looked> = {
  name: 'cache',
  async run(asked, { principal, ports }) {
    const { cache } = ports
    const unfinished = await indexingWarnings(ports, principal, asked.collections)
    const ask = { ...asked, warnings: [...asked.warnings, ...unfinished] }
    // What such an answer is made of changes with the next batch.
    if (unfinished.length > 0) return ask
    const place = placeOf(ask, ports)
    if (cache === undefined || place === undefined) return ask
    const { question, language, vector } = ask
    const cacheQuery = { ...place, question, language, vector }
    const found = await cache.find(principal, cacheQuery)
    if (found === undefined) {
      cache.missed()
      return { ...ask, cacheQuery }
    }
    const answered = answerFrom(found, ask)
    const isGiven = await ports.store.answers.complete(
      principal,
      ask.epoch,
      answered,
      { model: ports.embedder.model.fingerprint, vector },
      { source: found.answer.source, partition: place.partition },
    )
    if (!isGiven) {
      await cache.outdated(cacheQuery)
      return { ...ask, cacheQuery }
    }
    await cache.served(cacheQuery, found)
    return { ...ask, answered }
  },
}

/** What is in the collections and cannot be found yet. */
async function indexingWarnings(
  { store }: Ports,
  principal: Principal,
  searched: readonly Collection[],
): Promise<string[]> {
  const pending = await store.staging.pending(
    principal,
    searched.map(({ name }) => name),
  )
  return pending.map(({ collection, documents }) =>
    documents === 1
      ? `1 document of ${collection} is still being indexed: this answer does not know it.`
      : `${documents} documents of ${collection} are still being indexed: this answer does not know them.`,
  )
}

function answerFrom({ tier, answer }: FoundAnswer, ask: Embedded): Answer {
  const { question, askedAt, text, citations, warnings } = answer
  return {
    id: ask.id,
    conversation: ask.conversation,
    question: ask.question,
    text,
    refused: false,
    citations,
    cached: { tier, question, askedAt },
    generator: ask.generator.id,
    language: ask.language,
    timings: { ...ask.timings, total: elapsed(ask.startedAt) },
    warnings: [...new Set([...ask.warnings, ...warnings])],
  }
}

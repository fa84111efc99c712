import { type CachePlace, cachePlace } from '../cache/key.ts'
import type { Answer } from '../domain/answer.ts'
import type { SearchedCollection } from '../domain/document.ts'
import type { Principal } from '../domain/principal.ts'
import type { Ask, Embedded, Looked } from './ask.ts'
import type { FoundAnswer, Ports } from './ports.ts'
import { elapsed, type Stage } from './stage.ts'

/** Where the cache holds answers to this ask; undefined when it may neither use nor fill it. */
function placeOf(ask: Ask, ports: Ports): CachePlace | undefined {
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
  async run(asked, context) {
    const { principal, ports } = context
    const { cache } = ports
    const unfinished = indexingWarnings(asked.collections)
    const ask = { ...asked, warnings: [...asked.warnings, ...unfinished] }
    // What such an answer is made of changes with the next batch.
    if (unfinished.length > 0) return ask
    const place = placeOf(ask, ports)
    if (cache === undefined || place === undefined) return ask
    const { question, language, vector } = ask
    const cacheQuery = { ...place, question, language, vector }
    let missed = false
    const look = async (): Promise<Answer | undefined> => {
      const found = await cache.find(principal, cacheQuery)
      missed = found === undefined
      if (found === undefined) return undefined
      const answered = answerFrom(found, ask, principal)
      const isGiven = await ports.store.answers.complete(
        principal,
        ask.epoch,
        answered,
        { model: ports.embedder.model.fingerprint, vector },
        { source: found.answer.source, partition: place.partition },
      )
      if (isGiven) await cache.served(cacheQuery, found)
      else await cache.outdated(cacheQuery)
      return isGiven ? answered : undefined
    }
    const since = performance.now()
    let answered = await look()
    if (answered === undefined && (await context.inFlight(place.key, since))) answered = await look()
    if (missed) cache.missed()
    return answered === undefined ? { ...ask, cacheQuery } : { ...ask, answered }
  },
}

/** What is in the collections and cannot be found yet. */
function indexingWarnings(searched: readonly SearchedCollection[]): string[] {
  return searched
    .filter(({ indexing }) => indexing > 0)
    .map(({ name, indexing }) =>
      indexing === 1
        ? `1 document of ${name} is still being indexed: this answer does not know it.`
        : `${indexing} documents of ${name} are still being indexed: this answer does not know them.`,
    )
}

function answerFrom({ tier, answer }: FoundAnswer, ask: Embedded, asker: Principal): Answer {
  const { source, question, askedAt, text, citations, warnings } = answer
  const own = source.principal === asker.id ? { question } : {}
  return {
    id: ask.id,
    conversation: ask.conversation,
    question: ask.question,
    text,
    refused: false,
    citations,
    cached: { tier, ...own, askedAt },
    generator: ask.generator.id,
    language: ask.language,
    timings: { ...ask.timings, total: elapsed(ask.startedAt) },
    warnings: [...new Set([...ask.warnings, ...warnings])],
  }
}

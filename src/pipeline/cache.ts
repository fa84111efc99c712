import { cachePlace } from '../cache/key.ts'
import type { Answer } from '../domain/answer.ts'
import type { SearchedCollection } from '../domain/document.ts'
import type { Principal } from '../domain/principal.ts'
import type { CachePlace, FoundAnswer } from '../ports/answer-cache.ts'
import type { Ports } from '../ports/ports.ts'
import type { Answered, Ask, Embedded, NotCached } from './ask.ts'
import { type AnswerDraft, completeAnswer } from './complete.ts'
import type { StepContext } from './step.ts'

/** The cache partition and key of this ask; undefined if it must not use the cache. */
function placeOf(ask: Ask, ports: Ports): CachePlace | undefined {
  const mayReuse = ask.cache && ask.history.length === 0 && ask.collections.every(({ cache }) => cache)
  if (ports.cache === undefined || !mayReuse) return undefined
  return cachePlace({
    collections: ask.collections,
    filter: ask.filter,
    generator: ask.generator.id,
    promptVersion: ask.generator.promptVersion,
    model: ports.embedder.model.fingerprint,
    reranker: ports.reranker?.name,
    retrieval: ask.retrieval,
    language: ask.language,
    question: ask.question,
  })
}

/**
 * Answers from the cache. A hit is stored as the answer to this ask right away, because only the statement that
 * stores it can tell whether it is still valid.
 */
export async function readCache(asked: Embedded, context: StepContext): Promise<Answered | NotCached> {
  const { principal, ports } = context
  const { cache } = ports
  const unfinished = indexingWarnings(asked.collections)
  const ask = { ...asked, warnings: [...asked.warnings, ...unfinished] }
  // An answer from a half-indexed collection is outdated by the next batch.
  const place = unfinished.length > 0 ? undefined : placeOf(ask, ports)
  if (cache === undefined || place === undefined) return { ...ask, cacheQuery: undefined }
  const { question, language, vector } = ask
  const cacheQuery = { ...place, question, language, vector }
  let isMissed = false
  const look = async (): Promise<Answer | undefined> => {
    const found = await cache.find(principal, cacheQuery)
    isMissed = found === undefined
    if (found === undefined) return undefined
    const from = { found, partition: place.partition }
    const answered = await completeAnswer(ask, draftOf(found, ask, principal), context, from)
    if (answered === undefined) await cache.outdated(cacheQuery)
    else await cache.served(cacheQuery, found)
    return answered
  }
  const since = performance.now()
  let answered = await look()
  if (answered === undefined && (await context.inFlight(place.key, since))) answered = await look()
  if (isMissed) cache.missed()
  return answered === undefined ? { ...ask, cacheQuery } : { answered }
}

/** Warns of documents that cannot be found yet. */
function indexingWarnings(searched: readonly SearchedCollection[]): string[] {
  return searched
    .filter(({ indexing }) => indexing > 0)
    .map(({ name, indexing }) =>
      indexing === 1
        ? `1 document of ${name} is still being indexed: this answer does not include it.`
        : `${indexing} documents of ${name} are still being indexed: this answer does not include them.`,
    )
}

function draftOf({ tier, answer }: FoundAnswer, ask: Embedded, asker: Principal): AnswerDraft {
  const { source, question, askedAt, text, citations, warnings } = answer
  return {
    text,
    certainty: 'answered',
    citations,
    cached: { tier, question: source.principal === asker.id ? question : undefined, askedAt },
    warnings: [...new Set([...ask.warnings, ...warnings])],
  }
}

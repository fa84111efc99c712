/** The beginning of an ask: what it searches and which engine answers it, and its durable row. */
import { LRUCache } from 'lru-cache'
import type { SearchFilter } from '../domain/answer.ts'
import type { SearchedCollection } from '../domain/document.ts'
import type { Language } from '../domain/language.ts'
import type { Principal } from '../domain/principal.ts'
import type { Generator } from '../ports/generator.ts'
import type { Ports } from '../ports/ports.ts'
import type { Begun, NewAsk } from '../ports/store/answers.ts'
import { readWrittenFilter } from '../retrieval/written-filter.ts'
import { detectLanguage } from '../text/language.ts'
import { chooseEngine } from './engine.ts'
import { type AskRequest, bodyHash, storedAsk } from './request.ts'

/** What an attempt needs besides the request. */
export interface Prepared {
  readonly generator: Generator
  readonly language: Language
  readonly collections: readonly SearchedCollection[]
  /** `performance.now()` when the ask arrived. */
  readonly startedAt: number
  /** Without the filters that were written into it, which `filter` has. */
  readonly question: string
  readonly filter: SearchFilter | undefined
}

export interface BeginOptions {
  readonly ports: Ports
  readonly lease: NewAsk['lease']
  mayTakeOver: () => boolean
}

export interface Beginning {
  /** Writes the durable row, or finds what stands under the ask's id. */
  begin: (
    principal: Principal,
    request: AskRequest,
    mostInFlight?: number,
  ) => Promise<{ readonly begun: Begun; readonly prepared: Prepared }>
  /** For an attempt whose row is written. */
  prepareAgain: (principal: Principal, request: AskRequest) => Promise<Prepared>
}

/** Remembered collections of all askers together. */
const MAX_REMEMBERED = 50_000

export function beginning({ ports, lease, mayTakeOver }: BeginOptions): Beginning {
  /** What an asker could read under these names at their last ask. */
  const remembered = new LRUCache<string, readonly SearchedCollection[]>({
    maxSize: MAX_REMEMBERED,
    sizeCalculation: (collections) => collections.length + 1,
  })

  function prepare(
    request: AskRequest,
    collections: readonly SearchedCollection[],
    startedAt: number,
  ): Prepared {
    const { question, filter } = readWrittenFilter(request.question, request.filter)
    const language = detectLanguage(question)
    const generator = chooseEngine(ports.generators, request.engine, collections)
    return { startedAt, generator, question, filter, language, collections }
  }

  function newAsk(
    principal: Principal,
    request: AskRequest,
    { collections, language, generator }: Prepared,
    mostInFlight: number | undefined,
  ): NewAsk {
    return {
      id: request.id,
      bodyHash: bodyHash(request),
      question: request.question,
      conversation: request.conversation,
      collections,
      language,
      generator: generator.id,
      lease,
      request: request.isAttended === true ? undefined : storedAsk(principal, request),
      mayTakeOver: mayTakeOver(),
      mostInFlight,
    }
  }

  return {
    /** Reuses the collections of the asker's last ask if they still match: one round trip instead of two. */
    async begin(principal, request, mostInFlight) {
      const startedAt = performance.now()
      const names = request.collections
      const place = JSON.stringify([principal.id, names])
      const guess = remembered.get(place)
      if (guess !== undefined) {
        const prepared = prepare(request, guess, startedAt)
        const ask = newAsk(principal, request, prepared, mostInFlight)
        const begun = await ports.store.answers.beginRemembered(principal, ask, { names })
        if (begun !== undefined) return { begun, prepared }
        remembered.delete(place)
      }
      const collections = await ports.store.collections.readable(principal, names)
      const prepared = prepare(request, collections, startedAt)
      const ask = newAsk(principal, request, prepared, mostInFlight)
      const begun = await ports.store.answers.begin(principal, ask)
      // Not if the request chose the engine: the collections' own engine may not be configured.
      if (request.engine === undefined) remembered.set(place, collections)
      return { begun, prepared }
    },
    async prepareAgain(principal, request) {
      const startedAt = performance.now()
      const collections = await ports.store.collections.readable(principal, request.collections)
      return prepare(request, collections, startedAt)
    },
  }
}

/** The passages for a question: by meaning and by words, fused, without copies, within a budget. */
import type { Passage, SearchFilter } from '../domain/answer.ts'
import type { Collection } from '../domain/document.ts'
import type { Embedder } from '../domain/embedding.ts'
import type { Language } from '../domain/language.ts'
import type { Principal } from '../domain/principal.ts'
import type { Reranker } from '../domain/reranking.ts'
import type { Candidate, Store } from '../store/store.ts'
import { joinNeighbours, toPassage, withinBudget, withoutCopies } from './passages.ts'
import { type WeighedWords, weigh, wordsOf } from './question.ts'
import { type Ranked, rankBySentences, rankByWords } from './rank.ts'
import { rerank } from './rerank.ts'
import type { RetrievalSettings } from './settings.ts'

export interface RetrievePorts {
  readonly store: Store
  readonly embedder: Embedder
  /** Absent when none is configured. */
  readonly reranker?: Reranker
}

export interface RetrieveQuery {
  readonly question: string
  readonly language: Language
  readonly collections: readonly Collection[]
  /** The question's, by the embedder's model. */
  readonly vector: Float32Array
  readonly filter?: SearchFilter
  readonly settings: RetrievalSettings
  /** Passages of a search, whatever their length; an answer's are as many as the settings allow. */
  readonly limit?: number
  readonly signal: AbortSignal
}

/** Chunks that each half names. */
const CANDIDATES = 60

/** Best first, and what the asker should know about what is missing. */
export async function retrieve(
  ports: RetrievePorts,
  principal: Principal,
  query: RetrieveQuery,
): Promise<{ passages: Passage[]; warnings: string[] }> {
  if (query.collections.length === 0) return { passages: [], warnings: [] }
  const { settings, limit = settings.passages } = query
  const { ranked, warnings: missed } = await rankedChunks(ports, principal, query, limit)
  const distinct = withoutCopies(ranked, limit)
  const joined = await joinNeighbours(ports.store, principal, distinct)
  if (query.limit !== undefined) return { passages: joined.map(toPassage), warnings: missed }
  const { kept, warnings } = withinBudget(joined, settings.maxTokens)
  return { passages: kept.map(toPassage), warnings: [...missed, ...warnings] }
}

async function rankedChunks(
  ports: RetrievePorts,
  principal: Principal,
  query: RetrieveQuery,
  limit: number,
): Promise<{ ranked: Ranked[]; warnings: string[] }> {
  const { collections, vector, filter, settings, question, language, signal } = query
  const model = ports.embedder.model.fingerprint
  const words = await weighedWords(ports.store, principal, model, query)
  const alone = settings.mode === 'lexical'
  if (alone && words.weights.length === 0) return { ranked: [], warnings: [] }
  const candidates = await ports.store.index.nearest(principal, {
    collections,
    model,
    vector,
    limit: Math.max(CANDIDATES, limit),
    ...(filter === undefined ? {} : { filter }),
    ...(words.weights.length === 0
      ? {}
      : {
          lexical: {
            weights: words.weights,
            found: words.found,
            phrases: words.phrases.map(({ ids }) => ids),
            alone,
          },
        }),
  })
  if (settings.mode !== 'hybrid') {
    return { ranked: candidates.map(byOneHalf(settings.mode)).sort(byFused), warnings: [] }
  }
  const byWords = rankByWords(words, language, settings.lexicalWeight, candidates)
  const bySentences = settings.sentences
    ? await rankBySentences(ports.embedder, { vector, language }, byWords, signal)
    : byWords
  const asRanked = { ranked: bySentences, warnings: [] }
  if (!settings.rerank || ports.reranker === undefined) return asRanked
  const options = { question, language, signal, withinMs: settings.rerankMs }
  try {
    return { ranked: await rerank(ports.reranker, options, bySentences), warnings: [] }
  } catch (error) {
    signal.throwIfAborted()
    const reason = error instanceof Error ? error.message : String(error)
    return { ...asRanked, warnings: [`The passages were not reranked: ${reason}`] }
  }
}

/** Without words the search is by meaning alone: nothing is asked for, or the index of words is not complete. */
async function weighedWords(
  store: Store,
  principal: Principal,
  model: string,
  { question, collections, vector, settings }: RetrieveQuery,
): Promise<WeighedWords & { readonly found: ReadonlyMap<number, number> }> {
  const words = wordsOf(settings.mode === 'vector' ? '' : question)
  const { complete, chunks, found } = await store.index.frequencies(principal, {
    collections,
    model,
    dimensions: vector.length,
    terms: words.terms.map(({ id }) => id),
  })
  return { ...weigh(complete ? words : wordsOf(''), found, chunks), found }
}

const byFused = (left: Ranked, right: Ranked) => right.scores.fused - left.scores.fused

const byOneHalf =
  (mode: 'vector' | 'lexical') =>
  (candidate: Candidate): Ranked => {
    const { similarity: vector, lexical } = candidate
    return {
      candidate,
      scores: { vector, lexical, fused: mode === 'vector' ? vector : lexical, matched: [] },
    }
  }

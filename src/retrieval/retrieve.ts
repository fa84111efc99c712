/** Retrieves the passages for a question: vector and lexical search, fused, without copies, within a budget. */
import type { RetrievedPassages, SearchFilter } from '../domain/answer.ts'
import type { Collection } from '../domain/document.ts'
import { ChatbotError } from '../domain/errors.ts'
import type { Language } from '../domain/language.ts'
import type { Principal } from '../domain/principal.ts'
import type { Embedder, Embedders } from '../ports/embedder.ts'
import type { Reranker } from '../ports/reranker.ts'
import type { ChunkCandidate, LexicalQuery } from '../ports/store/search.ts'
import type { Store } from '../ports/store/store.ts'
import type { RetrievalSettings } from '../protocol/retrieval.ts'
import { detectLanguage } from '../text/language.ts'
import {
  embedFor,
  groupByModel,
  judge,
  leftOut,
  type ModelGroup,
  mergeByRank,
  rankByRanks,
} from './models.ts'
import { joinNeighbours, toPassage, withinBudget, withoutCopies } from './passages.ts'
import { type WeighedWords, weigh, wordsOf } from './question.ts'
import { questionVector } from './question-vector.ts'
import { byFused, type RankedChunk, rankBySentences, rankByWords } from './rank.ts'
import { rerank } from './rerank.ts'
import { respell, type SearchedGroup } from './respell.ts'

export interface RetrievePorts {
  readonly store: Store
  /** The model that scores the results. */
  readonly embedder: Embedder
  /** For collections with other models; absent if there are none. */
  readonly embedders?: Embedders
  /** Absent if none is configured. */
  readonly reranker?: Reranker
}

export interface RetrieveQuery {
  readonly question: string
  readonly language: Language
  readonly collections: readonly Collection[]
  /** The question's vector, from `embedder`. */
  readonly vector: Float32Array
  readonly filter?: SearchFilter
  readonly settings: RetrievalSettings
  /** Number of passages of a search, whatever their length; for an answer, the settings decide. */
  readonly limit?: number
  readonly signal: AbortSignal
}

/** Chunks from each of the two searches. */
const CANDIDATES_PER_SEARCH = 60

export async function retrieve(
  ports: RetrievePorts,
  principal: Principal,
  query: RetrieveQuery,
): Promise<RetrievedPassages> {
  if (query.collections.length === 0) return { passages: [], warnings: [], whole: false }
  const { limit = query.settings.passages } = query
  const asWritten = await steadilyRanked(ports, principal, query, limit)
  const respelt = await respeltQuery(ports, principal, query, asWritten)
  if (respelt === undefined) return passagesOf(ports, principal, query, asWritten)
  const ranked = await steadilyRanked(ports, principal, respelt, limit)
  return { ...(await passagesOf(ports, principal, respelt, ranked)), searched: respelt.question }
}

/** Searches once more if a rebuild has just switched one of the collections to another model. */
const steadilyRanked: typeof rankedChunks = (...search) =>
  rankedChunks(...search).catch((error: unknown) => {
    if (!(error instanceof ChatbotError && error.code === 'index_mismatch')) throw error
    return rankedChunks(...search)
  })

/** The query with its misspelt words corrected; undefined if there are none. */
async function respeltQuery(
  { store, embedder }: RetrievePorts,
  principal: Principal,
  query: RetrieveQuery,
  { searched }: RankedChunks,
): Promise<RetrieveQuery | undefined> {
  const isKnown = (term: number) => searched.some(({ words }) => (words.found.get(term) ?? 0) > 0)
  const areKnown = searched.every(({ words }) => words.terms.every(({ id }) => isKnown(id)))
  if (areKnown || !searched.every(({ words }) => words.complete)) return undefined
  const question = await respell(store, principal, searched, query.question, isKnown)
  if (question === undefined) return undefined
  const vector = await questionVector(embedder, question, query.signal)
  return { ...query, question, language: detectLanguage(question), vector }
}

async function passagesOf(
  ports: RetrievePorts,
  principal: Principal,
  query: RetrieveQuery,
  { ranked, warnings: missed, whole, others }: RankedChunks,
): Promise<RetrievedPassages> {
  const { settings, limit = settings.passages } = query
  // A search still returns the requested number after neighbours are joined; for an answer it is the number before.
  const isSearch = query.limit !== undefined
  const distinct = withoutCopies(ranked, isSearch ? Number.POSITIVE_INFINITY : limit)
  const joined = await joinNeighbours(ports.store, principal, distinct, limit)
  if (isSearch) return { passages: joined.map(toPassage), warnings: missed, whole }
  const { kept, warnings } = withinBudget(joined, settings.maxTokens)
  const passages = await judge(ports.embedder, query.vector, kept.map(toPassage), others, query.signal)
  return { passages, warnings: [...missed, ...warnings], whole }
}

interface RankedChunks {
  readonly ranked: RankedChunk[]
  readonly warnings: string[]
  readonly whole: boolean
  /** Chunks found by a model other than the scoring one. */
  readonly others: ReadonlySet<string>
  readonly searched: readonly (SearchedGroup & { readonly words: CountedWords })[]
}

async function rankedChunks(
  ports: RetrievePorts,
  principal: Principal,
  query: RetrieveQuery,
  limit: number,
): Promise<RankedChunks> {
  const { settings, question, language, signal } = query
  const groups = await groupByModel(ports.store, query.collections)
  const searches = await Promise.allSettled(
    groups.map((group) => searchGroup(ports, principal, query, group, limit)),
  )
  const warnings: string[] = []
  const lists: RankedChunk[][] = []
  const others = new Set<string>()
  const searched: RankedChunks['searched'][number][] = []
  let whole = true
  for (const [at, search] of searches.entries()) {
    const group = groups[at]
    if (group === undefined) break
    if (search.status === 'rejected') {
      signal.throwIfAborted()
      const warning = groups.length === 1 ? undefined : leftOut(group, search.reason)
      if (warning === undefined) throw search.reason
      warnings.push(warning)
      whole = false
      continue
    }
    const { ranked, words, dimensions } = search.value
    lists.push(ranked)
    searched.push({ group, words, dimensions })
    whole &&= words.complete
    if (group.model !== ports.embedder.model.fingerprint)
      for (const { candidate } of ranked) others.add(candidate.chunk)
  }
  const asRanked = { ranked: mergeByRank(lists), warnings, whole, others, searched }
  if (settings.mode !== 'hybrid' || !settings.rerank || ports.reranker === undefined) return asRanked
  const options = { question, language, signal, withinMs: settings.rerankMs }
  try {
    return { ...asRanked, ranked: await rerank(ports.reranker, options, asRanked.ranked) }
  } catch (error) {
    signal.throwIfAborted()
    const reason = ChatbotError.wrap(error).message
    return {
      ...asRanked,
      warnings: [...warnings, `The passages were not reranked: ${reason}`],
      whole: false,
    }
  }
}

async function searchGroup(
  ports: RetrievePorts,
  principal: Principal,
  query: RetrieveQuery,
  group: ModelGroup,
  limit: number,
): Promise<{ ranked: RankedChunk[]; words: CountedWords; dimensions: number }> {
  const { filter, settings, question, language, signal } = query
  const { collections, model } = group
  const own = model === ports.embedder.model.fingerprint
  const vector = own ? query.vector : await embedFor(group, ports.embedders, question, signal)
  const weighed = weighedWords(ports.store, principal, model, { ...query, collections, vector })
  const [words, candidates] = await Promise.all([
    weighed,
    ports.store.index.nearest(principal, {
      collections,
      model,
      vector,
      words: async () => lexicalQuery(await weighed),
      alone: settings.mode === 'lexical',
      limit: Math.max(CANDIDATES_PER_SEARCH, limit),
      filter,
    }),
  ])
  const dimensions = vector.length
  if (settings.mode !== 'hybrid') {
    return { ranked: candidates.map(byOneHalf(settings.mode)).sort(byFused), words, dimensions }
  }
  if (!own) return { ranked: rankByRanks(words, settings.lexicalWeight, candidates), words, dimensions }
  const byWords = rankByWords(words, language, settings.lexicalWeight, candidates)
  const bySentences = settings.sentences
    ? await rankBySentences(ports.embedder, { vector, language, words }, byWords, signal)
    : byWords
  return { ranked: bySentences, words, dimensions }
}

function lexicalQuery({ weights, found, phrases }: CountedWords): LexicalQuery | undefined {
  return weights.length + phrases.length === 0 ? undefined : { weights, found, phrases }
}

interface CountedWords extends WeighedWords {
  /** Number of chunks that contain each term. */
  readonly found: ReadonlyMap<number, number>
  /** Whether the lexical index contains all chunks. */
  readonly complete: boolean
}

/** Empty, for a vector-only search, if none is wanted or the lexical index is incomplete. */
async function weighedWords(
  store: Store,
  principal: Principal,
  model: string,
  { question, collections, vector, settings }: RetrieveQuery,
): Promise<CountedWords> {
  const words = wordsOf(settings.mode === 'vector' ? '' : question)
  const { complete, chunks, found } = await store.index.frequencies(principal, {
    collections,
    model,
    dimensions: vector.length,
    terms: words.terms.map(({ id }) => id),
  })
  return { ...weigh(complete ? words : wordsOf(''), found, chunks), found, complete }
}

const byOneHalf =
  (mode: 'vector' | 'lexical') =>
  (candidate: ChunkCandidate): RankedChunk => {
    const { similarity: vector, lexical } = candidate
    return {
      candidate,
      scores: { vector, lexical, fused: mode === 'vector' ? vector : lexical, matched: [] },
    }
  }

/** Searches collections with different embedding models: their scores are not comparable, but their ranks are. */

import { checkSameModel } from '../../models/same-model.ts'
import type { Passage } from '../domain/answer.ts'
import { cosine } from '../domain/cosine.ts'
import type { Collection } from '../domain/document.ts'
import { ChatbotError, type ErrorCode } from '../domain/errors.ts'
import type { Embedder, Embedders } from '../ports/embedder.ts'
import type { ChunkCandidate } from '../ports/store/search.ts'
import type { Store } from '../ports/store/store.ts'
import { embedInput } from '../text/embed-input.ts'
import { closeness } from './closeness.ts'
import type { WeighedWords } from './question.ts'
import { questionVector } from './question-vector.ts'
import { byFused, MAX_COMPARED_BY_WORDS, phrasesIn, type RankedChunk } from './rank.ts'

/** Collections with vectors of the same model. */
export interface ModelGroup {
  readonly reference: string
  readonly model: string
  readonly collections: readonly Collection[]
}

/** Empty collections are in no group. */
export async function groupByModel(
  { index }: Pick<Store, 'index'>,
  searched: readonly Collection[],
): Promise<ModelGroup[]> {
  const live = await index.live(searched.map(({ name }) => name))
  const groups = new Map<string, { reference: string; model: string; collections: Collection[] }>()
  for (const collection of searched) {
    const spec = live.get(collection.name)
    if (spec === undefined) continue
    const group = groups.get(spec.model)
    if (group === undefined)
      groups.set(spec.model, { reference: spec.reference, model: spec.model, collections: [collection] })
    else group.collections.push(collection)
  }
  return [...groups.values()]
}

/** Embeds the question with the group's model. Throws what `Embedders.get` throws, and `index_mismatch`. */
export async function embedFor(
  { reference, model, collections }: ModelGroup,
  embedders: Embedders | undefined,
  question: string,
  signal: AbortSignal,
): Promise<Float32Array> {
  const embedder = await embedders?.get(reference)
  if (embedder === undefined)
    throw new ChatbotError(
      'unknown_model',
      `There are no other models here to search with, such as ${model}.`,
    )
  checkSameModel(collections[0]?.name ?? '', { reference, model }, { model: embedder.model.fingerprint })
  return questionVector(embedder, question, signal)
}

const UNUSABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'unknown_model',
  'unsupported_model',
  'model_corrupt',
  'model_too_large',
  'provider_unavailable',
])

/** Warning that a group was skipped while others were searched; undefined if the error must fail the search. */
export function leftOut({ collections }: ModelGroup, thrown: unknown): string | undefined {
  if (!(thrown instanceof ChatbotError) || !UNUSABLE.has(thrown.code)) return undefined
  return `Not searched: ${collections.map(({ name }) => name).join(', ')}. ${thrown.message}`
}

/** The usual constant of reciprocal rank fusion: neighbouring ranks count about the same. */
const RRF_K = 60

/**
 * Fuses both searches by reciprocal rank: the weights learnt for the built-in model's cosines do not apply to other
 * models. Passages with an exact phrase go first.
 */
export function rankByRanks(
  words: WeighedWords,
  lexicalWeight: number,
  candidates: readonly ChunkCandidate[],
): RankedChunk[] {
  const places = (value: (candidate: ChunkCandidate) => number) =>
    new Map(
      candidates.toSorted((one, other) => value(other) - value(one)).map((each, place) => [each, place]),
    )
  const byVector = places(({ similarity }) => similarity)
  const byWords = places(({ lexical }) => lexical)
  const share = (place = candidates.length) => 1 / (RRF_K + place)
  return candidates
    .map((candidate) => {
      const { similarity: vector, lexical } = candidate
      const phrases = phrasesIn(candidate, words.phrases)
      const ofWords = lexical > 0 ? lexicalWeight * share(byWords.get(candidate)) : 0
      const fused = phrases + share(byVector.get(candidate)) + ofWords
      return { candidate, scores: { vector, lexical, fused, matched: [] as readonly string[] } }
    })
    .sort(byFused)
    .map(({ candidate, scores }, index) =>
      index < MAX_COMPARED_BY_WORDS
        ? { candidate, scores: { ...scores, matched: closeness(words, candidate).matched } }
        : { candidate, scores },
    )
}

/** Merges lists by rank; at equal rank, the passage with more of the question's words goes first. */
export function mergeByRank(lists: readonly (readonly RankedChunk[])[]): RankedChunk[] {
  const [only] = lists
  if (lists.length === 1 && only !== undefined) return [...only]
  return lists
    .flatMap((list) =>
      list.map(({ candidate, scores }, place) => ({
        candidate,
        scores: { ...scores, fused: 1 / (RRF_K + place) },
      })),
    )
    .sort((one, other) => other.scores.fused - one.scores.fused || other.scores.lexical - one.scores.lexical)
}

/** Scores the passages found by other models with this embedder. */
export async function judge(
  embedder: Embedder,
  question: Float32Array,
  passages: readonly Passage[],
  others: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Passage[]> {
  const foreign = passages.filter(({ chunk }) => others.has(chunk))
  if (foreign.length === 0) return [...passages]
  const embeddings = await embedder.embed(
    foreign.map(({ text }) => embedInput(text)),
    { as: 'passage', priority: 'question', signal },
  )
  const scores = new Map(
    foreign.map(({ chunk }, index) => [chunk, cosine(question, embeddings[index]?.vector)]),
  )
  return passages.map((passage) => ({ ...passage, score: scores.get(passage.chunk) ?? passage.score }))
}

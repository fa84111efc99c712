/** Which sentence answers the question: its meaning, its words, and how relevant its passage is; never its place. */

import { SENTENCE_WEIGHTS } from '../../../models/calibration.ts'
import { type ContentWord, contentWords, roots } from '../../text/content-words.ts'
import type { SentenceCandidate } from './candidates.ts'
import { expectedAnswer, offers } from './expected.ts'

/** Shares are 0 to 1, of the question's words, rare ones counting more. */
export interface SentenceFeatures {
  /** Cosine of question and sentence. */
  readonly similarity: number
  /** Cosine of question and passage, below that of the best passage. */
  readonly passage: number
  readonly words: number
  /** Words that the sentence lacks, but its heading or the sentence before has. */
  readonly context: number
  readonly passageWords: number
  /** Whether it holds a date, a number or a name when the question asks for one, -1 to 1. */
  readonly offers: number
}

export type WordFeatures = Omit<SentenceFeatures, 'similarity'>

/** A candidate with what can be said of it before it is embedded. */
export interface Compared {
  readonly candidate: SentenceCandidate
  readonly features: WordFeatures
}

export interface RankedSentence {
  readonly candidate: SentenceCandidate
  readonly features: SentenceFeatures
  /** Probability that the answer is in this candidate rather than in another of the list. */
  readonly probability: number
}

/** Sentences embedded for one question; ten give the same answers on XQuAD, more refuse paraphrases less. */
const MAX_SENTENCES = 12

/** Compares the words of the question with those of all candidates. */
export function compareWords(question: string, candidates: readonly SentenceCandidate[]): Compared[] {
  const known = roots(question)
  const asked = [...known]
  const expected = expectedAnswer(question)
  const own = candidates.map((candidate) => contentWords(candidate.text))
  const sets = own.map((list) => new Set(list.map((term) => term.root)))
  const weigh = rarity(asked, sets)
  const share = (has: (root: string) => boolean) => weigh(asked.filter(has))
  const best = candidates.reduce((most, { passage }) => Math.max(most, passage.score), -1)
  const byPassage = new Map<string, number>()
  return candidates.map((candidate, index) => {
    const set = sets[index] ?? new Set()
    const { passage } = candidate
    const around = roots(candidate.context)
    const inPassage = byPassage.get(passage.chunk) ?? share(hasRoot(passage.text))
    byPassage.set(passage.chunk, inPassage)
    const fresh = (own[index] ?? []).filter((term: ContentWord) => !known.has(term.root))
    return {
      candidate,
      features: {
        passage: passage.score - best,
        words: share((root) => set.has(root)),
        context: share((root) => !set.has(root) && around.has(root)),
        passageWords: inPassage,
        offers: offers(expected, candidate.text, fresh),
      },
    }
  })
}

function hasRoot(text: string): (root: string) => boolean {
  const set = roots(text)
  return (root) => set.has(root)
}

/** Share of the question that some of its words make up; words of few candidates weigh more, as in BM25. */
export function rarity(asked: readonly string[], sets: readonly ReadonlySet<string>[]) {
  const weights = new Map(
    asked.map((root) => {
      const holders = sets.filter((set) => set.has(root)).length
      return [root, Math.log(1 + (sets.length - holders + 0.5) / (holders + 0.5))] as const
    }),
  )
  const sum = (roots: readonly string[]) => roots.reduce((total, root) => total + (weights.get(root) ?? 0), 0)
  const all = sum(asked)
  return (roots: readonly string[]) => (all === 0 ? 0 : sum(roots) / all)
}

/** The candidates worth embedding: the best by words and passage. */
export function shortlist(compared: readonly Compared[]): Compared[] {
  if (compared.length <= MAX_SENTENCES) return [...compared]
  return compared
    .map((item) => ({ item, score: score({ ...item.features, similarity: 0 }) }))
    .toSorted((a, b) => b.score - a.score)
    .slice(0, MAX_SENTENCES)
    .map(({ item }) => item)
}

/** Best first; `similarities` are the cosines of the question and each candidate. */
export function rank(compared: readonly Compared[], similarities: readonly number[]): RankedSentence[] {
  const scored = compared.map(({ candidate, features }, index) => {
    const full = { ...features, similarity: similarities[index] ?? 0 }
    return { candidate, features: full, score: score(full) }
  })
  const best = scored.reduce((most, item) => Math.max(most, item.score), Number.NEGATIVE_INFINITY)
  const total = scored.reduce((sum, item) => sum + Math.exp(item.score - best), 0)
  return scored
    .toSorted((a, b) => b.score - a.score)
    .map(({ candidate, features, score }) => ({
      candidate,
      features,
      probability: Math.exp(score - best) / total,
    }))
}

function score(features: SentenceFeatures): number {
  const { similarity, passage, words, context, passageWords } = SENTENCE_WEIGHTS
  return (
    similarity * features.similarity +
    passage * features.passage +
    words * features.words +
    context * features.context +
    passageWords * features.passageWords +
    SENTENCE_WEIGHTS.offers * features.offers
  )
}

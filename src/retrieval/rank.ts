/** Ranks candidates: fuses both searches, then looks at word positions, sentences and finally a reranker. */

import { FUSION_WEIGHTS } from '../../models/calibration.ts'
import type { Scores } from '../domain/answer.ts'
import { cosine } from '../domain/cosine.ts'
import type { Language } from '../domain/language.ts'
import type { Embedder } from '../ports/embedder.ts'
import type { ChunkCandidate, Phrase } from '../ports/store/search.ts'
import { foldCase } from '../text/fold.ts'
import { lexemes } from '../text/lexemes.ts'
import { splitSentences } from '../text/sentences.ts'
import { type Closeness, closeness } from './closeness.ts'
import { certainty, type Features, type FusionWeights, fuse } from './fusion.ts'
import type { WeighedWords } from './question.ts'

export interface RankedChunk {
  readonly candidate: ChunkCandidate
  readonly scores: Scores
}

/** Top candidates of the first fusion whose texts are examined. */
export const MAX_COMPARED_BY_WORDS = 20
/** Bonus for an exact phrase of the question: more than any sum, so these passages go first. */
const PHRASE_BOOST = 2

/** Best first. `lexicalWeight` scales the learnt weights of the word features. */
export function rankByWords(
  words: WeighedWords,
  language: Language,
  lexicalWeight: number,
  candidates: readonly ChunkCandidate[],
): RankedChunk[] {
  const weights = weightsOf(language, lexicalWeight)
  const features = (candidate: ChunkCandidate, close?: Closeness): Features => ({
    vector: candidate.similarity,
    lexical: words.total === 0 ? 0 : candidate.lexical / words.total,
    coverage: close?.coverage ?? 0,
    proximity: close?.proximity ?? 0,
    names: close?.names ?? 0,
    sentence: 0,
  })
  const first = candidates
    .map((candidate) => ({ candidate, fused: fuse(weights, features(candidate)) }))
    .sort((left, right) => right.fused - left.fused)
  return first
    .map(({ candidate, fused }, index) => {
      const { similarity: vector, lexical } = candidate
      const phrases = phrasesIn(candidate, words.phrases) * PHRASE_BOOST
      if (index >= MAX_COMPARED_BY_WORDS && phrases === 0) {
        return { candidate, scores: { vector, lexical, fused, matched: [] } }
      }
      const close = closeness(words, candidate)
      const closer = fuse(weights, features(candidate, close)) + phrases
      return { candidate, scores: { vector, lexical, fused: closer, matched: close.matched } }
    })
    .sort(byFused)
}

export const byFused = (left: RankedChunk, right: RankedChunk) => right.scores.fused - left.scores.fused

const weightsOf = (language: Language, lexicalWeight: number): FusionWeights => {
  const { vector, lexical, coverage, proximity, names, sentence } = FUSION_WEIGHTS[language]
  const words = { lexical, coverage, proximity, names }
  const scaled = Object.entries(words).map(([name, weight]) => [name, weight * lexicalWeight])
  return { vector, sentence, ...words, ...Object.fromEntries(scaled) }
}

/** Number of phrases that the passage contains exactly. */
export function phrasesIn({ title, heading, text }: ChunkCandidate, phrases: readonly Phrase[]): number {
  if (phrases.length === 0) return 0
  const held = comparable(`${title}\n${heading}\n${text}`)
  return phrases.filter((phrase) => held.includes(comparable(phrase.text))).length
}

const comparable = (text: string): string => foldCase(text).replace(/\s+/gu, ' ').trim()

/** Passages whose sentences are compared with the question, unless the certainty is already above the limit. */
const MAX_COMPARED_BY_SENTENCES = 5
const MIN_CERTAINTY = 0.9
const MAX_SENTENCES = 40

/**
 * If the top passages score close together, their sentences decide: the best sentence tells more about whether a
 * passage answers than the whole passage does. On XQuAD one question in eight needs it, with about 25 sentences.
 */
export async function rankBySentences(
  embedder: Embedder,
  question: { readonly vector: Float32Array; readonly language: Language; readonly words: WeighedWords },
  ranked: readonly RankedChunk[],
  signal: AbortSignal,
): Promise<RankedChunk[]> {
  const weights = FUSION_WEIGHTS[question.language]
  const sure = certainty(
    weights,
    ranked.map(({ scores }) => scores.fused),
  )
  if (ranked.length < 2 || sure >= MIN_CERTAINTY) return [...ranked]
  const compared = ranked.slice(0, MAX_COMPARED_BY_SENTENCES)
  const sentences = mostPromising(
    question.words,
    compared.flatMap(({ candidate }, index) =>
      sentencesOf(candidate).map((text, place) => ({ index, place, text })),
    ),
  )
  const embeddings = await embedder.embed(
    sentences.map(({ text }) => text),
    { as: 'passage', priority: 'question', signal },
  )
  const best = new Map<number, number>()
  for (const [at, { index }] of sentences.entries()) {
    const similarity = cosine(question.vector, embeddings[at]?.vector)
    best.set(index, Math.max(similarity, best.get(index) ?? -1))
  }
  const rescored = compared.map(({ candidate, scores }, index) => {
    const sentence = best.get(index)
    if (sentence === undefined) return { candidate, scores }
    const more = (weights.sentence * (sentence - scores.vector)) / weights.vector
    return { candidate, scores: { ...scores, sentence, fused: scores.fused + more } }
  })
  return [...rescored, ...ranked.slice(MAX_COMPARED_BY_SENTENCES)].sort(byFused)
}

/** The sentences with the most of the question's words; on ties, the first of each passage. */
function mostPromising<Sentence extends { readonly text: string; readonly place: number }>(
  { idfs }: WeighedWords,
  sentences: readonly Sentence[],
): readonly Sentence[] {
  if (sentences.length <= MAX_SENTENCES) return sentences
  const share = (text: string) =>
    [...new Set(lexemes(text))].reduce((sum, lexeme) => sum + (idfs.get(lexeme) ?? 0), 0)
  return sentences
    .map((sentence) => ({ sentence, share: share(sentence.text) }))
    .toSorted((left, right) => right.share - left.share || left.sentence.place - right.sentence.place)
    .slice(0, MAX_SENTENCES)
    .map(({ sentence }) => sentence)
}

const sentencesOf = ({ text }: ChunkCandidate): string[] =>
  splitSentences(text).map(({ start, end }) => text.slice(start, end).replace(/\s+/gu, ' '))

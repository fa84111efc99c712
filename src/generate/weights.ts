/**
 * What the extractive generator has learnt from data, and nothing else has.
 *
 * Fitted by `node bench/calibrate.ts`, which prints these numbers: on every other article of XQuAD (English,
 * Russian, and questions in one language on text in the other) and on ClapNQ, with the built-in embedding model.
 * docs/QUALITY.md has the results on what was left out. Another embedding model needs its own.
 */
import type { Language } from '../domain/language.ts'
import type { Evidence } from './evidence.ts'
import type { SentenceFeatures } from './relevance.ts'

/** Logits of a softmax over the sentences at hand: which of them holds the answer. */
export const SENTENCE_WEIGHTS: Readonly<Record<keyof SentenceFeatures, number>> = {
  similarity: 32.25,
  passage: 53.61,
  words: 5.82,
  context: 3.62,
  passageWords: 3.02,
  offers: 1.29,
}

/** Sentences are quoted until one of them holds the answer with at least this probability. */
export const ENOUGH: Readonly<Record<Basis, number>> = { en: 0.88, ru: 0.85, cross: 0.85 }

/** The language of question and text; `cross` when they differ. */
export type Basis = Language | 'cross'

export interface EvidenceWeights {
  readonly bias: number
  readonly weights: Readonly<Record<keyof Evidence, number>>
}

/**
 * Logistic regression: above 0 the passages hold an answer. `cross`: question and text are in different
 * languages, so their words say little. The bias is set for a share of refused answerable questions, not for
 * equal errors.
 */
export const EVIDENCE_WEIGHTS: Readonly<Record<Basis, EvidenceWeights>> = {
  en: {
    bias: -49.58,
    weights: {
      passage: 26.61,
      sentence: 30.28,
      words: 4.31,
      anyWords: -1.5,
      names: 1.75,
      hasNames: -1.21,
      certainty: 2.48,
    },
  },
  ru: {
    bias: -40.45,
    weights: {
      passage: 21.83,
      sentence: 24.1,
      words: 3.69,
      anyWords: -1.11,
      names: 3.32,
      hasNames: -2.01,
      certainty: 3.06,
    },
  },
  cross: {
    bias: -41.73,
    weights: {
      passage: 21.68,
      sentence: 30.65,
      words: 1.07,
      anyWords: -3.82,
      names: 0.2,
      hasNames: -0.11,
      certainty: 3.67,
    },
  },
}

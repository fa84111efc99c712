/**
 * What the extractive generator has learnt from data, and nothing else has.
 *
 * Fitted by `node bench/calibrate.ts`, which prints these numbers: on every other article of XQuAD (English,
 * Russian, and questions in one language on text in the other) and on ClapNQ, with the built-in embedding model.
 * docs/QUALITY.md has the results on what was left out. Another embedding model needs its own.
 */
import type { Language } from '../../domain/language.ts'
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
export const ENOUGH: Readonly<Record<Basis, number>> = { en: 0.9, ru: 0.85, cross: 0.85 }

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
    bias: -50.82,
    weights: {
      passage: 29.86,
      sentence: 28.74,
      words: 3.34,
      anyWords: -0.61,
      names: 1.61,
      hasNames: -1.21,
      certainty: 2.51,
    },
  },
  ru: {
    bias: -39.52,
    weights: {
      passage: 21.35,
      sentence: 23.51,
      words: 4.83,
      anyWords: -1.92,
      names: 3.47,
      hasNames: -2.03,
      certainty: 2.63,
    },
  },
  cross: {
    bias: -42.38,
    weights: {
      passage: 22.1,
      sentence: 31.07,
      words: 1.43,
      anyWords: -3.77,
      names: 0.02,
      hasNames: -0.16,
      certainty: 3.7,
    },
  },
}

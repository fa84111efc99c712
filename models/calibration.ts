/**
 * Parameters fitted to the cosines of the built-in embedding model, valid for no other. `CALIBRATED_FOR` is its
 * fingerprint. They all change with that model, and nothing else here does; test/house/versions.test.ts checks it.
 * docs/QUALITY.md has the results on held-out data.
 */
export const CALIBRATED_FOR = 'multilingual-e5-small-en-ru@5d8a601807fc'

/**
 * Logits of a softmax over the passages of a question, by language: between what `node bench/fusion.ts` fits on half of XQuAD
 * alone and what it fits on that with half of docsqa, whose passages are less about different things.
 */
export const FUSION_WEIGHTS = {
  en: { vector: 85, lexical: 3.4, coverage: 5, proximity: 8, names: 3, sentence: 42 },
  ru: { vector: 85, lexical: 6, coverage: 4, proximity: 4.2, names: 2.6, sentence: 52 },
}

/**
 * Logits of a softmax over candidate sentences: which holds the answer. Fitted by `node bench/calibrate.ts` on
 * every other article of XQuAD (English, Russian, and questions in one language on text in the other) and on ClapNQ.
 */
export const SENTENCE_WEIGHTS = {
  similarity: 32.25,
  passage: 53.61,
  words: 5.82,
  context: 3.62,
  passageWords: 3.02,
  offers: 1.29,
}

/** Sentences are quoted until one of them holds the answer with at least this probability. */
export const ENOUGH = { en: 0.9, ru: 0.85, cross: 0.85 }

/**
 * Logistic regression by `node bench/calibrate.ts`: above 0 the passages hold an answer. `cross`: question and text are in
 * different languages, so their words say little. The bias is set for a share of refused answerable questions, not for
 * equal errors.
 */
export const EVIDENCE_WEIGHTS = {
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

/** Cosine of two questions from which the cache's content gate is asked at all: docs/QUALITY.md has the curves. */
export const SIMILAR_QUESTIONS = 0.94
/** Where the gate sees next to no difference, the embedder must see none. */
export const NEARLY_EQUAL_QUESTIONS = 0.978

/** How much less similar to the question a statement may be that contradicts the best one. */
export const CONTRADICTION_MARGIN = 0.04

/**
 * Which block of the passages answers, from the cosines of tokens: sums of src/generate/blocks/rank.ts. Set by hand and
 * checked on docsqa, English and Russian together (docs/QUALITY.md).
 */
export const BLOCK_WEIGHTS = {
  block: {
    tokens: 12,
    sentenceTokens: 3,
    similarity: 8,
    worstWord: 2,
    words: 0.8,
    aboutWords: 0.6,
    identifiers: 1,
    rank: 0.25,
    isOpen: -0.5,
    offers: 0.2,
    isList: 0.3,
    isAside: -0.4,
    version: 0.5,
  },
  /** What is known before anything is encoded. */
  shortlist: { words: 0.6, aboutWords: 0.4, identifiers: 1, rank: 0.6, offers: 0.2 },
  /** Of the sentences of a block. */
  sentence: { before: 0.98, similarity: 0.3 },
}

/** Evidence above which blocks are quoted where their own certainty cannot be told; it was fitted on prose, which says more. */
export const LEAST_EVIDENCE_OF_BLOCKS = -0.6

/**
 * Logistic regression on the best block: whether the documents answer at all. Fitted by `node bench/certainty.ts` on
 * questions about other documents than docsqa's, with and without the documents or the blocks that answer them: the two
 * sets of test/data/papers, and three that are not in the repository.
 */
export const BLOCK_CERTAINTY = {
  bias: -13.65,
  weights: { tokens: 4.45, similarity: 8.11, worstWord: 2.64, words: 1.63 },
  en: { notFoundBelow: -1.35, unsureBelow: -0.8 },
  ru: { notFoundBelow: -1.35, unsureBelow: -0.95 },
}

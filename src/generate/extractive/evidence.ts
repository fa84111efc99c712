/** Whether the passages hold an answer at all, or the honest reply is a refusal. */

import { EVIDENCE_WEIGHTS } from '../../../models/calibration.ts'
import type { Passage } from '../../domain/answer.ts'
import type { Language } from '../../domain/language.ts'
import { type ContentWord, contentWords, roots } from '../../text/content-words.ts'
import { isIn } from '../../text/language.ts'
import { rootsWithoutTime } from '../editions/asked-time.ts'
import type { RankedSentence } from './relevance.ts'

/** What speaks for an answer. Cosines are of the best one; shares are 0 to 1. */
export interface Evidence {
  /** Cosine of question and passage. */
  readonly passage: number
  /** Cosine of question and sentence. */
  readonly sentence: number
  /** Most of the question's words that one passage has, long words counting more. */
  readonly words: number
  /** The same in all passages together. */
  readonly anyWords: number
  /** Share of the question's names, numbers and codes that one passage has, less a half; 0 without any. */
  readonly names: number
  readonly hasNames: number
  /** Probability of the best sentence among all: high when one stands out. */
  readonly certainty: number
}

export function evidenceOf(
  question: string,
  passages: readonly Passage[],
  ranked: readonly RankedSentence[],
  /** More words of a document, such as the year of its edition. */
  more: ReadonlyMap<string, string> = new Map(),
): Evidence {
  const all = distinct(contentWords(question))
  const timeless = rootsWithoutTime(question)
  // Where documents are dated, their date answers these words.
  const isDated = [...more.values()].some((words) => words !== '')
  const asked = isDated ? all.filter(({ root }) => timeless.has(root)) : all
  const names = asked.filter((term) => term.kind !== 'word')
  const held = passages.map((passage) =>
    roots([passage.title, passage.heading, passage.text, more.get(passage.document)].join(' ')),
  )
  const most = (list: readonly ContentWord[], weight: (term: ContentWord) => number) =>
    held.reduce((best, set) => Math.max(best, share(list, set, weight)), 0)
  const long = (term: ContentWord) => term.root.length
  return {
    passage: passages.reduce((best, { score }) => Math.max(best, score), 0),
    sentence: ranked.reduce((best, { features }) => Math.max(best, features.similarity), 0),
    words: most(asked, long),
    anyWords: share(asked, new Set(held.flatMap((set) => [...set])), long),
    names: names.length === 0 ? 0 : most(names, () => 1) - 0.5,
    hasNames: names.length === 0 ? 0 : 1,
    certainty: ranked[0]?.probability ?? 0,
  }
}

function share(
  list: readonly ContentWord[],
  set: ReadonlySet<string>,
  weight: (term: ContentWord) => number,
): number {
  const sum = (some: readonly ContentWord[]) => some.reduce((total, term) => total + weight(term), 0)
  return list.length === 0 ? 0 : sum(list.filter((term) => set.has(term.root))) / sum(list)
}

const distinct = (list: readonly ContentWord[]) => [
  ...new Map(list.map((term) => [term.root, term])).values(),
]

/** The language of question and text; `cross` when they differ. */
export type Basis = Language | 'cross'

/** Compiles only while every feature and basis has its weight. */
const WEIGHTS: Readonly<
  Record<Basis, { readonly bias: number; readonly weights: Readonly<Record<keyof Evidence, number>> }>
> = EVIDENCE_WEIGHTS

/** Above 0 the passages hold an answer. */
export function confidence(basis: Basis, evidence: Evidence): number {
  const { bias, weights } = WEIGHTS[basis]
  return (
    bias +
    weights.passage * evidence.passage +
    weights.sentence * evidence.sentence +
    weights.words * evidence.words +
    weights.anyWords * evidence.anyWords +
    weights.names * evidence.names +
    weights.hasNames * evidence.hasNames +
    weights.certainty * evidence.certainty
  )
}

/** Words can only be compared within one language; documentation in any may be half commands and names in Latin. */
export function basisOf(language: Language, best: RankedSentence): Basis {
  const { text } = best.candidate.passage
  const same = isIn(language, text)
  return same ? language : 'cross'
}

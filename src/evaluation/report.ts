/** The report of a run: each metric on each part of the set, with its confidence interval. */
import { STAGES } from '../domain/answer.ts'
import type { Certainty } from '../domain/certainty.ts'
import { type Interval, meanInterval } from './bootstrap.ts'
import { mean, ndcgAt, quantile, recallAt, reciprocalRankAt } from './metrics.ts'
import type { KeyedOutcome, QuestionOutcome } from './outcome.ts'
import { ALL } from './questions.ts'

export interface Metric {
  readonly key: string
  readonly title: string
  /** The direction of improvement; undefined if it depends. */
  readonly better?: 'higher' | 'lower'
  /** Also in the short report. */
  readonly headline?: true
  /** The value of one question; undefined if the metric does not apply to it. */
  of: (outcome: QuestionOutcome) => number | undefined
}

const share = (part: number, whole: number) => (whole === 0 ? undefined : part / whole)
const flag = (value: boolean | undefined) => (value === undefined ? undefined : Number(value))

const ranked = (of: (ranks: NonNullable<QuestionOutcome['ranks']>) => number) => (outcome: QuestionOutcome) =>
  outcome.ranks === undefined ? undefined : of(outcome.ranks)

const keyed =
  (of: (outcome: KeyedOutcome) => boolean) =>
  ({ answer }: QuestionOutcome) =>
    answer?.keyed === undefined ? undefined : Number(of(answer.keyed))

/** In display order. */
export const METRICS: readonly Metric[] = [
  {
    key: 'recall@1',
    title: 'recall@1',
    better: 'higher',
    headline: true,
    of: ranked((ranks) => recallAt(1, ranks)),
  },
  {
    key: 'recall@5',
    title: 'recall@5',
    better: 'higher',
    headline: true,
    of: ranked((ranks) => recallAt(5, ranks)),
  },
  { key: 'recall@10', title: 'recall@10', better: 'higher', of: ranked((ranks) => recallAt(10, ranks)) },
  {
    key: 'mrr@10',
    title: 'MRR@10',
    better: 'higher',
    headline: true,
    of: ranked((ranks) => reciprocalRankAt(10, ranks)),
  },
  {
    key: 'ndcg@10',
    title: 'nDCG@10',
    better: 'higher',
    headline: true,
    of: ranked((ranks) => ndcgAt(10, ranks)),
  },
  {
    key: 'answer',
    title: 'right answer inside',
    better: 'higher',
    headline: true,
    of: ({ answer }) => flag(answer?.contained),
  },
  { key: 'f1', title: 'token F1', better: 'higher', of: ({ answer }) => answer?.f1 },
  {
    key: 'useful@400',
    title: 'answered in 400 characters',
    better: 'higher',
    headline: true,
    of: keyed(({ early }) => early),
  },
  {
    key: 'useful@900',
    title: 'answered in 900 characters',
    better: 'higher',
    headline: true,
    of: keyed(({ late }) => late),
  },
  {
    key: 'first',
    title: 'answered before the first mark',
    better: 'higher',
    headline: true,
    of: keyed(({ first }) => first),
  },
  {
    key: 'held',
    title: 'passages hold the answer',
    better: 'higher',
    of: keyed(({ held }) => held),
  },
  {
    key: 'pasted@400',
    title: 'passages pasted, 400 characters',
    of: keyed(({ pastedEarly }) => pastedEarly),
  },
  {
    key: 'pasted@900',
    title: 'passages pasted, 900 characters',
    of: keyed(({ pastedLate }) => pastedLate),
  },
  {
    key: 'pasted-first',
    title: 'first passage pasted',
    of: keyed(({ pastedFirst }) => pastedFirst),
  },
  {
    key: 'answered-answerable',
    title: 'answerable: answered',
    better: 'higher',
    of: replied('answered', true),
  },
  {
    key: 'unsure-answerable',
    title: 'answerable: unsure',
    better: 'lower',
    headline: true,
    of: replied('unsure', true),
  },
  {
    key: 'refused-answerable',
    title: 'answerable: not found',
    better: 'lower',
    headline: true,
    of: replied('not_found', true),
  },
  {
    key: 'answered-unanswerable',
    title: 'unanswerable: answered',
    better: 'lower',
    headline: true,
    of: replied('answered', false),
  },
  {
    key: 'unsure-unanswerable',
    title: 'unanswerable: unsure',
    of: replied('unsure', false),
  },
  {
    key: 'refused-unanswerable',
    title: 'unanswerable: not found',
    better: 'higher',
    headline: true,
    of: replied('not_found', false),
  },
  {
    key: 'citations',
    title: 'citation precision',
    better: 'higher',
    of: ({ answer }) =>
      answer === undefined ? undefined : share(answer.citations - answer.wrongCitations, answer.citations),
  },
  {
    key: 'cites-gold',
    title: 'a right document cited',
    better: 'higher',
    of: ({ answer }) => flag(answer?.goldCited),
  },
  {
    key: 'cites-gold-first',
    title: 'a right document cited first',
    better: 'higher',
    of: ({ answer }) => flag(answer?.goldFirst),
  },
  {
    key: 'false-answers',
    title: 'false where answered',
    better: 'lower',
    headline: true,
    of: falseAnswer,
  },
  {
    key: 'right-unsure',
    title: 'right where unsure',
    of: rightIfUnsure,
  },
  {
    key: 'right-refusals',
    title: 'right where not found',
    better: 'higher',
    of: ({ answerable, answer }) => (answer?.certainty === 'not_found' ? Number(!answerable) : undefined),
  },
  { key: 'sentences', title: 'sentences of an answer', of: ({ answer }) => answer?.sentences },
  {
    key: 'characters',
    title: 'characters of an answer',
    of: ({ answerable, answer }) => (answerable ? answer?.characters : undefined),
  },
  {
    key: 'cache-hits',
    title: 'cache hits of paraphrases',
    better: 'higher',
    of: ({ cache }) => (cache === undefined ? undefined : share(cache.hits, cache.paraphrases)),
  },
  {
    key: 'cache-false-hits',
    title: 'false cache hits',
    better: 'lower',
    of: ({ cache }) => (cache === undefined ? undefined : share(cache.falseHits, cache.asked)),
  },
]

/** Whether this is the reply, among the questions that can be answered, or cannot. */
function replied(certainty: Certainty, answerable: boolean): Metric['of'] {
  return (outcome) =>
    outcome.answerable === answerable && outcome.answer !== undefined
      ? Number(outcome.answer.certainty === certainty)
      : undefined
}

/** Among the `answered`: answers to unanswerable questions, and answers that miss their keys. */
function falseAnswer({ answerable, answer }: QuestionOutcome): number | undefined {
  if (answer?.certainty !== 'answered') return undefined
  if (!answerable) return 1
  return answer.keyed === undefined ? undefined : Number(!answer.keyed.late)
}

/** Among the unsure: those that quote the keys all the same. */
function rightIfUnsure({ answerable, answer }: QuestionOutcome): number | undefined {
  if (answer?.certainty !== 'unsure') return undefined
  return answerable ? flag(answer.keyed?.quoted) : 0
}

export interface Measured extends Interval {
  readonly mean: number
  /** Number of measured questions. */
  readonly questions: number
}

export interface Latency {
  readonly p50: number
  readonly p95: number
}

export interface SetReport {
  /** `all` contains every question. */
  readonly set: string
  readonly questions: number
  /** By key of the metric, without metrics that have no values. */
  readonly metrics: Readonly<Record<string, Measured>>
}

export interface Report {
  readonly sets: readonly SetReport[]
  /** Milliseconds, by stage of an answer; `search` if questions were only searched. */
  readonly latencyMs: Readonly<Record<string, Latency>>
}

export function reportOf(outcomes: readonly QuestionOutcome[]): Report {
  return {
    sets: setsOf(outcomes).map(([set, members]) => ({
      set,
      questions: members.length,
      metrics: Object.fromEntries(
        METRICS.flatMap((metric) => {
          const values = members.flatMap((outcome) => metric.of(outcome) ?? [])
          if (values.length === 0) return []
          return [[metric.key, { mean: mean(values), ...meanInterval(values), questions: values.length }]]
        }),
      ),
    })),
    latencyMs: latencyOf(outcomes),
  }
}

/** The parts of the set by name, then the whole. */
export function setsOf(
  outcomes: readonly QuestionOutcome[],
): [set: string, members: readonly QuestionOutcome[]][] {
  const parts = Object.entries(Object.groupBy(outcomes, ({ set }) => set)).flatMap(
    ([set, members = []]): [string, readonly QuestionOutcome[]][] => [[set, members]],
  )
  return [...parts, [ALL, outcomes]]
}

function latencyOf(outcomes: readonly QuestionOutcome[]): Record<string, Latency> {
  const answered = outcomes.some(({ answer }) => answer !== undefined)
  const stages = answered
    ? [...STAGES, 'total' as const].map(
        (stage) => [stage, outcomes.flatMap(({ answer }) => answer?.timings[stage] ?? [])] as const,
      )
    : [['search', outcomes.map(({ searchMs }) => searchMs)] as const]
  return Object.fromEntries(
    stages.flatMap(([stage, values]) => {
      const [p50, p95] = [quantile(0.5, values), quantile(0.95, values)]
      return p50 === undefined || p95 === undefined ? [] : [[stage, { p50, p95 }]]
    }),
  )
}

/** Compares two runs on the same questions: what changed, and whether it can be chance. */
import { type MetricDifference, pairedDifference } from './bootstrap.ts'
import { mean } from './metrics.ts'
import type { QuestionOutcome } from './outcome.ts'
import { METRICS, setsOf } from './report.ts'

export interface Change extends MetricDifference {
  readonly before: number
  readonly after: number
  /** Questions with this metric in both runs. */
  readonly questions: number
  /** Beyond chance, for metrics with a better direction. */
  readonly verdict: 'better' | 'worse' | 'same'
}

export interface SetComparison {
  readonly set: string
  /** By key of the metric. */
  readonly changes: Readonly<Record<string, Change>>
}

export interface Comparison {
  /** Questions in both runs. */
  readonly questions: number
  /** Questions only in this run, and only in the earlier one. */
  readonly added: number
  readonly missing: number
  readonly sets: readonly SetComparison[]
}

/** Pairs questions by id. */
export function compareRuns(
  before: readonly QuestionOutcome[],
  after: readonly QuestionOutcome[],
): Comparison {
  const earlier = new Map(before.map((outcome) => [outcome.id, outcome]))
  const both = after.filter(({ id }) => earlier.has(id))
  return {
    questions: both.length,
    added: after.length - both.length,
    missing: before.length - both.length,
    sets: setsOf(both).map(([set, members]) => ({ set, changes: changesOf(earlier, members) })),
  }
}

function changesOf(
  earlier: ReadonlyMap<string, QuestionOutcome>,
  members: readonly QuestionOutcome[],
): Record<string, Change> {
  return Object.fromEntries(
    METRICS.flatMap(({ key, better, of }) => {
      const pairs = members.flatMap((outcome) => {
        const known = earlier.get(outcome.id)
        const [from, to] = [known === undefined ? undefined : of(known), of(outcome)]
        return from === undefined || to === undefined ? [] : [{ from, to }]
      })
      if (pairs.length === 0) return []
      const [from, to] = [pairs.map((pair) => pair.from), pairs.map((pair) => pair.to)]
      const difference = pairedDifference(from, to)
      const change: Change = {
        ...difference,
        before: mean(from),
        after: mean(to),
        questions: pairs.length,
        verdict: verdictOf(difference, better),
      }
      return [[key, change]]
    }),
  )
}

function verdictOf(
  { mean, significant }: MetricDifference,
  better: 'higher' | 'lower' | undefined,
): Change['verdict'] {
  if (!significant || better === undefined) return 'same'
  return mean > 0 === (better === 'higher') ? 'better' : 'worse'
}

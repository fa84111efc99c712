/** Measures a set with several variants of the settings, and compares them. */
import type { RetrievalOptions } from '../protocol/retrieval.ts'
import { unknownDocuments } from './check.ts'
import { type Comparison, compareRuns } from './compare.ts'
import type { GateResult } from './gates.ts'
import type { SearchTarget } from './measure.ts'
import type { Failure, QuestionOutcome } from './outcome.ts'
import type { EvalQuestion } from './questions.ts'
import { type Report, reportOf } from './report.ts'
import { type EvaluationOptions, runQuestions } from './run.ts'

/** The JSON output of `chatbot eval`. */
export interface EvalReport {
  readonly file: string
  /** Number of questions, after --limit. */
  readonly questions: number
  readonly interrupted: boolean
  /** Documents that the questions name and the collections lack. */
  readonly unknownDocuments: readonly string[]
  /** One run; in a sweep, one per variant. */
  readonly runs: readonly VariantReport[]
  readonly gates: readonly GateResult[]
}

export interface VariantReport extends Report {
  readonly retrieval: RetrievalOptions
  readonly measured: number
  readonly seconds: number
  readonly failed: readonly Failure[]
  /** With the baseline, or in a sweep with the first variant. */
  readonly comparison?: Comparison
}

interface Sweep extends Pick<EvalReport, 'unknownDocuments' | 'interrupted' | 'runs'> {
  /** Outcomes of the first variant. */
  readonly outcomes: readonly QuestionOutcome[]
}

/** Without a baseline, variants are compared with the first. */
export async function measureSweep(
  target: Omit<SearchTarget, 'retrieval'>,
  variants: readonly RetrievalOptions[],
  questions: readonly EvalQuestion[],
  { baseline, ...options }: EvaluationOptions & { readonly baseline: readonly QuestionOutcome[] | undefined },
): Promise<Sweep> {
  const unknown = await unknownDocuments(target.api, target.collections, questions)
  const runs: VariantReport[] = []
  let reference = baseline
  let outcomes: readonly QuestionOutcome[] = []
  for (const retrieval of variants) {
    const started = performance.now()
    const run = await runQuestions({ ...target, retrieval }, questions, options)
    if (runs.length === 0) outcomes = run.outcomes
    runs.push({
      retrieval,
      measured: run.outcomes.length,
      seconds: Math.round((performance.now() - started) / 100) / 10,
      failed: run.failed,
      ...reportOf(run.outcomes),
      comparison: reference && compareRuns(reference, run.outcomes),
    })
    reference ??= run.outcomes
    if (options.stop.aborted) break
  }
  return { runs, outcomes, unknownDocuments: unknown, interrupted: options.stop.aborted }
}

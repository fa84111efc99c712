/** Measures many questions concurrently, until all are done or a signal stops it. */
import { concurrently } from '../domain/concurrently.ts'
import { ChatbotError, type ErrorCode } from '../domain/errors.ts'
import { measure, type SearchTarget } from './measure.ts'
import type { Failure, QuestionOutcome } from './outcome.ts'
import type { EvalQuestion } from './questions.ts'

export interface EvaluationOptions {
  /** Concurrent questions. */
  readonly jobs: number
  /** Start nothing new. */
  readonly stop: AbortSignal
  /** Also end running questions. */
  readonly abort: AbortSignal
  /** Called when a question is done or has failed. */
  onDone: () => void
}

export interface EvaluationRun {
  /** In the order of the questions; fewer if interrupted. */
  readonly outcomes: readonly QuestionOutcome[]
  readonly failed: readonly Failure[]
}

/** Errors specific to one question; any other error ends the run. */
const OF_ONE_QUESTION: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'question_too_long',
  'unknown_conversation',
  'frame_too_large',
  'engine_failed',
  'engine_rate_limited',
  'interrupted',
  'overloaded',
  'timeout',
  'internal',
])

export async function runQuestions(
  target: SearchTarget,
  questions: readonly EvalQuestion[],
  { jobs, stop, abort, onDone }: EvaluationOptions,
): Promise<EvaluationRun> {
  const outcomes: (QuestionOutcome | undefined)[] = questions.map(() => undefined)
  const failed: Failure[] = []
  await concurrently(jobs, [...questions.entries()], async ([index, question], broken) => {
    if (stop.aborted || abort.aborted) return
    const ended = AbortSignal.any([abort, broken])
    try {
      outcomes[index] = await measure(target, question, ended)
    } catch (thrown) {
      if (ended.aborted) return
      const error = ChatbotError.wrap(thrown)
      if (!OF_ONE_QUESTION.has(error.code)) throw error
      failed.push({ id: question.id, code: error.code, message: error.fullMessage })
    }
    onDone()
  })
  return { outcomes: outcomes.filter((outcome) => outcome !== undefined), failed }
}

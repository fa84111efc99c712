import type { Answer } from '../domain/answer.ts'
import { ChatbotError } from '../domain/errors.ts'
import type { Generated } from './ask.ts'
import { completeAnswer } from './complete.ts'
import type { StepContext } from './step.ts'

/** Stores the answer first: only stored answers may enter the cache or be reported as done. */
export async function rememberAnswer(ask: Generated, context: StepContext): Promise<Answer> {
  const { principal, ports } = context
  const { text, certainty, citations, warnings, usage, standalone } = ask
  const answer = await completeAnswer(
    ask,
    {
      text,
      certainty,
      citations,
      warnings,
      cached: false,
      searched: standalone === ask.question ? undefined : standalone,
      usage,
    },
    context,
  )
  if (answer === undefined) {
    throw new ChatbotError(
      'interrupted',
      'This answer was taken over by another attempt, or its conversation was deleted. Ask again.',
    )
  }
  const isReusable = ask.complete && certainty === 'answered' && citations.length > 0
  if (ask.cacheQuery !== undefined && isReusable) await ports.cache?.keep(principal, ask.cacheQuery, answer)
  return answer
}

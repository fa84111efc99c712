import type { Answer } from '../domain/answer.ts'
import type { Generated } from './ask.ts'
import { completeOwnAnswer } from './complete.ts'
import type { StepContext } from './step.ts'

/** Stores the answer first: only stored answers may enter the cache or be reported as done. */
export async function storeAnswer(ask: Generated, context: StepContext): Promise<Answer> {
  const { principal, ports } = context
  const { text, certainty, citations, warnings, usage, standalone } = ask
  const answer = await completeOwnAnswer(
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
  const isReusable = ask.complete && certainty === 'answered' && citations.length > 0
  if (ask.cacheQuery !== undefined && isReusable) await ports.cache?.keep(principal, ask.cacheQuery, answer)
  return answer
}

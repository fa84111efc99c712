import { catalogueReply } from '../catalogue/catalogue.ts'
import { talkReply } from '../talk/reply.ts'
import type { Answered, Ask } from './ask.ts'
import { type AnswerDraft, completeOwnAnswer } from './complete.ts'
import type { StepContext } from './step.ts'

/**
 * Replies at once to what needs no search: a greeting, or a request about the documents themselves. Everything else goes
 * on.
 */
export async function understandAsk(ask: Ask, context: StepContext): Promise<Answered | Ask> {
  const draft = await replyWithoutSearch(ask, context)
  if (draft === undefined) return ask
  context.emit({ type: 'delta', text: draft.text })
  return { answered: await completeOwnAnswer(ask, draft, context) }
}

async function replyWithoutSearch(
  ask: Ask,
  { principal, ports }: StepContext,
): Promise<AnswerDraft | undefined> {
  const { question, history, language } = ask
  const listed = await catalogueReply(ports.store, principal, ask)
  if (listed !== undefined) return { ...listed, cached: false, warnings: [] }
  const text = talkReply(question, { isFirst: history.length === 0, language })
  return text === undefined
    ? undefined
    : { text, certainty: 'talk', citations: [], cached: false, warnings: [] }
}

import { talkReply } from '../talk/reply.ts'
import type { Answered, Ask } from './ask.ts'
import { type AnswerDraft, completeOwnAnswer } from './complete.ts'
import type { StepContext } from './step.ts'

/** Replies at once to what needs no search, such as a greeting. Everything else goes on. */
export async function understandAsk(ask: Ask, context: StepContext): Promise<Answered | Ask> {
  const draft = replyWithoutSearch(ask)
  if (draft === undefined) return ask
  context.emit({ type: 'delta', text: draft.text })
  return { answered: await completeOwnAnswer(ask, draft, context) }
}

function replyWithoutSearch({ question, history, language }: Ask): AnswerDraft | undefined {
  const text = talkReply(question, { isFirst: history.length === 0, language })
  return text === undefined
    ? undefined
    : { text, certainty: 'talk', citations: [], cached: false, warnings: [] }
}

import { catalogueReply } from '../catalogue/catalogue.ts'
import type { Turn } from '../domain/answer.ts'
import { lastAnswerWish } from '../talk/last-answer.ts'
import { sourcesOf } from '../talk/last-answer-sources.ts'
import { talkReply } from '../talk/reply.ts'
import { KNOWLEDGE } from '../text/language.ts'
import type { Answered, Ask } from './ask.ts'
import { type AnswerDraft, completeOwnAnswer } from './complete.ts'
import type { StepContext } from './step.ts'

/**
 * Replies at once to what needs no search: a greeting, a request about the documents themselves, or a question about the
 * answer before. Everything else goes on.
 */
export async function understandAsk(ask: Ask, context: StepContext): Promise<Answered | Ask> {
  const draft = await replyWithoutSearch(ask, context)
  if (draft === undefined) return ask
  return { answered: await completeOwnAnswer(ask, draft, context) }
}

async function replyWithoutSearch(
  ask: Ask,
  { principal, ports }: StepContext,
): Promise<AnswerDraft | undefined> {
  const last = ask.history.at(-1)
  const wish = last && lastAnswerWish(ask.question)
  if (last !== undefined && wish === 'sources') return sourcesReply(ask, last)
  if (wish === 'translation' && ask.generator.rewrite === undefined) {
    return talk(KNOWLEDGE[ask.language].replies.cannotTranslate)
  }
  if (wish !== undefined) return undefined
  const listed = await catalogueReply(ports.store, principal, ask)
  if (listed !== undefined) return { ...listed, cached: false, warnings: [] }
  const text = talkReply(ask.question, { isFirst: last === undefined, language: ask.language })
  return text === undefined ? undefined : talk(text)
}

/** Undefined if its sources are not known: the client kept the conversation. */
function sourcesReply({ language }: Ask, { citations }: Turn): AnswerDraft | undefined {
  if (citations.length === 0) return undefined
  return {
    text: sourcesOf(citations, language),
    certainty: 'answered',
    citations,
    cached: false,
    warnings: [],
  }
}

const talk = (text: string): AnswerDraft => ({
  text,
  certainty: 'talk',
  citations: [],
  cached: false,
  warnings: [],
})

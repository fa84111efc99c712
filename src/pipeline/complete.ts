import type { Answer } from '../domain/answer.ts'
import { ChatbotError } from '../domain/errors.ts'
import type { FoundAnswer } from '../ports/answer-cache.ts'
import type { Ask } from './ask.ts'
import { elapsed, type StepContext } from './step.ts'

/** The output of the steps; the rest of the answer comes from the ask. */
export type AnswerDraft = Pick<
  Answer,
  'text' | 'certainty' | 'citations' | 'cached' | 'warnings' | 'usage' | 'searched'
>

/**
 * Stores the answer to an ask under its epoch. Every answer, generated or cached, becomes complete here and only
 * here. Undefined if nothing was stored: another attempt has taken over, or the cached answer is no longer valid.
 */
export async function completeAnswer(
  ask: Ask & { readonly vector?: Float32Array },
  draft: AnswerDraft,
  { principal, ports }: StepContext,
  from?: { readonly found: FoundAnswer; readonly partition: string },
): Promise<Answer | undefined> {
  const answer: Answer = {
    id: ask.id,
    conversation: ask.conversation,
    question: ask.question,
    ...draft,
    generator: ask.generator.id,
    language: ask.language,
    timings: { ...ask.timings, total: elapsed(ask.startedAt) },
  }
  const isStored = await ports.store.answers.complete(
    principal,
    ask.epoch,
    answer,
    ask.vector && { model: ports.embedder.model.fingerprint, vector: ask.vector },
    from && { source: from.found.answer.source, partition: from.partition },
  )
  return isStored ? answer : undefined
}

/** Stores an answer that was made for this ask. Throws `interrupted` if it may no longer be stored. */
export async function completeOwnAnswer(
  ...[ask, draft, context]: Parameters<typeof completeAnswer>
): Promise<Answer> {
  const answer = await completeAnswer(ask, draft, context)
  if (answer === undefined) {
    throw new ChatbotError(
      'interrupted',
      'This answer was taken over by another attempt, or its conversation was deleted. Ask again.',
    )
  }
  return answer
}

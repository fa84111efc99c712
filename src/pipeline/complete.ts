import type { Answer } from '../domain/answer.ts'
import { ChatbotError } from '../domain/errors.ts'
import type { FoundAnswer } from '../ports/answer-cache.ts'
import type { Ask } from './ask.ts'
import { elapsed, type StepContext } from './step.ts'
import { whenBack } from './when-back.ts'

/** The output of the steps; the rest of the answer comes from the ask. */
export type AnswerDraft = Pick<
  Answer,
  'text' | 'certainty' | 'citations' | 'cached' | 'warnings' | 'usage' | 'searched'
>

/**
 * Stores the answer to an ask under its epoch, then shows what the asker lacks of its text. Every answer, generated or
 * cached, becomes complete here and only here, as the last act of a step. Undefined if nothing was stored: another
 * attempt has taken over, or the cached answer is no longer valid.
 */
export async function completeAnswer(
  ask: Ask & { readonly vector?: Float32Array },
  draft: AnswerDraft,
  context: StepContext,
  from?: { readonly found: FoundAnswer; readonly partition: string },
): Promise<Answer | undefined> {
  const { principal, ports } = context
  const answer: Answer = {
    id: ask.id,
    conversation: ask.conversation,
    question: ask.question,
    ...draft,
    generator: ask.generator.id,
    language: ask.language,
    timings: { ...ask.timings, total: elapsed(ask.startedAt) },
  }
  // After the rest of the text come the end of the step and `done`, whose number is stored: it is the same for everyone.
  const seq = context.nextSeq() + context.eventsUntil(answer.text) + 1
  const store = () =>
    ports.store.answers.complete(
      principal,
      { epoch: ask.epoch, seq },
      answer,
      ask.vector && { model: ports.embedder.model.fingerprint, vector: ask.vector },
      from && { source: from.found.answer.source, partition: from.partition },
    )
  // A cached answer can be looked up again; one that was made for this ask, and shown, must not be lost.
  const isStored = from === undefined ? await storeWhenBack(store, ask, context) : await store()
  if (!isStored) return undefined
  context.showText(answer.text)
  return answer
}

/** Waits for a database that is away. Meanwhile the step emits nothing, so the number of `done` stays right. */
function storeWhenBack(
  store: () => Promise<boolean>,
  ask: Ask,
  { principal, ports, signal }: StepContext,
): Promise<boolean> {
  return whenBack(async (isRepeated) => {
    if (await store()) return true
    if (!isRepeated) return false
    // The first attempt may have stored it before its reply was lost.
    const sight = await ports.store.answers.look(principal, ask.id)
    return sight?.state === 'complete' && sight.epoch === ask.epoch
  }, signal)
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

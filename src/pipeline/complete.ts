import type { Answer } from '../domain/answer.ts'
import type { FoundAnswer } from '../ports/answer-cache.ts'
import type { Embedded } from './ask.ts'
import { elapsed, type StepContext } from './step.ts'

/** What the steps have made of an ask; the rest of its answer is known from the ask. */
export type AnswerDraft = Pick<
  Answer,
  'text' | 'refused' | 'citations' | 'cached' | 'warnings' | 'usage' | 'searched'
>

/**
 * Stores the answer to an ask under its epoch: the one place where an answer becomes complete, made anew or found in
 * the cache. Undefined when it may not be given: another attempt has taken the ask over, or what was found in the
 * cache no longer holds.
 */
export async function completeAnswer(
  ask: Embedded,
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
    { model: ports.embedder.model.fingerprint, vector: ask.vector },
    from && { source: from.found.answer.source, partition: from.partition },
  )
  return isStored ? answer : undefined
}

import type { Answer } from '../domain/answer.ts'
import { ChatbotError } from '../domain/errors.ts'
import type { Generated } from './ask.ts'
import { elapsed, type Stage } from './stage.ts'

/** Stores the answer under its epoch; only what was stored may enter the cache or be shown as done. */
export const rememberAnswer: Stage<Generated, Answer> = {
  name: 'remember',
  async run(ask, { principal, ports }) {
    const answer: Answer = {
      id: ask.id,
      conversation: ask.conversation,
      question: ask.question,
      ...(ask.standalone === ask.question ? {} : { searched: ask.standalone }),
      text: ask.text,
      refused: ask.refused,
      citations: ask.citations,
      cached: false,
      generator: ask.generator.id,
      language: ask.language,
      ...(ask.usage === undefined ? {} : { usage: ask.usage }),
      timings: { ...ask.timings, total: elapsed(ask.startedAt) },
      warnings: ask.warnings,
    }
    const stored = await ports.store.answers.complete(principal, ask.epoch, answer, {
      model: ports.embedder.model.fingerprint,
      vector: ask.vector,
    })
    if (!stored) {
      throw new ChatbotError(
        'interrupted',
        'This answer was taken over by another attempt, or its conversation was deleted. Ask again.',
      )
    }
    const reusable = ask.complete && !answer.refused && answer.citations.length > 0
    if (ask.cacheQuery !== undefined && reusable) await ports.cache?.keep(principal, ask.cacheQuery, answer)
    return answer
  },
}

import type { Answer } from '../domain/answer.ts'
import { ChatbotError } from '../domain/errors.ts'
import type { Generated } from './ask.ts'
import type { Stage } from './stage.ts'

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
      cached: ask.hit === undefined ? false : { tier: 'exact', question: ask.hit.question },
      generator: ask.generator.id,
      language: ask.language,
      ...(ask.usage === undefined ? {} : { usage: ask.usage }),
      timings: { ...ask.timings, total: Math.round((performance.now() - ask.startedAt) * 100) / 100 },
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
    if (ask.cacheKey !== undefined && ask.hit === undefined && reusable) {
      const { question, text, refused, citations, generator, language, warnings } = answer
      await ports.cache?.set(ask.cacheKey, {
        question,
        text,
        refused,
        citations,
        generator,
        language,
        warnings,
      })
    }
    return answer
  },
}

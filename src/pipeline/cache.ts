import { answerKey } from '../cache/key.ts'
import type { Embedded, Looked } from './ask.ts'
import type { Stage } from './stage.ts'

/** The exact tier. Answers that depend on earlier turns are neither looked up nor stored. */
export const readCache: Stage<Embedded, Looked> = {
  name: 'cache',
  async run(ask, { ports }) {
    if (ports.cache === undefined || !ask.cache || ask.history.length > 0) return ask
    const cacheKey = answerKey({
      collections: ask.collections,
      ...(ask.filter === undefined ? {} : { filter: ask.filter }),
      generator: ask.generator.id,
      promptVersion: ask.generator.promptVersion,
      model: ports.embedder.model.fingerprint,
      retrieval: ask.retrieval,
      language: ask.language,
      question: ask.question,
    })
    const hit = await ports.cache.get(cacheKey)
    return { ...ask, cacheKey, ...(hit === undefined ? {} : { hit }) }
  },
}

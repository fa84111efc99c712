import type { Embedder, Embedding } from '../ports/embedder.ts'
import type { Tier } from '../ports/tier.ts'

/** An embedder with a cache for questions: a repeated one costs no inference. */
export function rememberQuestions(embedder: Embedder, known: Tier<Embedding>): Embedder {
  return {
    ...embedder,
    async embed(texts, options) {
      const [text] = texts
      if (options.as !== 'query' || texts.length !== 1 || text === undefined)
        return embedder.embed(texts, options)
      const key = `${embedder.model.fingerprint}\n${text}`
      const found = await known.get(key)
      if (found !== undefined) return [found]
      const embeddings = await embedder.embed(texts, options)
      const [made] = embeddings
      if (made !== undefined) await known.set(key, made)
      return embeddings
    },
  }
}

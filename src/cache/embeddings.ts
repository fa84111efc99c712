import { LRUCache } from 'lru-cache'
import type { Embedder, Embedding } from '../domain/embedding.ts'

/** An embedder that remembers its latest questions: a repeated one costs no inference. */
export function rememberQuestions(embedder: Embedder, entries: number): Embedder {
  const known = new LRUCache<string, Embedding>({ max: entries })
  return {
    model: embedder.model,
    async embed(texts, options) {
      const [text] = texts
      if (options.as !== 'query' || texts.length !== 1 || text === undefined)
        return embedder.embed(texts, options)
      const found = known.get(text)
      if (found !== undefined) return [found]
      const embeddings = await embedder.embed(texts, options)
      const [made] = embeddings
      if (made !== undefined) known.set(text, made)
      return embeddings
    },
  }
}

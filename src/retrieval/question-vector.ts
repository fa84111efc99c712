import type { Embedder } from '../ports/embedder.ts'

export async function questionVector(
  embedder: Embedder,
  question: string,
  signal: AbortSignal,
): Promise<Float32Array> {
  const [embedding] = await embedder.embed([question], { as: 'query', priority: 'question', signal })
  if (embedding === undefined) throw new Error('the embedder returned nothing')
  return embedding.vector
}

import type { Tensor } from 'onnxruntime-node'
import type { Pooling } from './description.ts'
import { float32 } from './float16.ts'

/**
 * The L2-normalised vector of a text, from the outputs of a network that ran on it alone: pooled by the network
 * where it does that, else from its `[1, tokens, dimensions]` token vectors.
 */
export function sentenceVector(
  outputs: Readonly<Record<string, Tensor>>,
  pooling: Pooling,
): Float32Array<ArrayBuffer> {
  const pooled = outputs.sentence_embedding
  if (pooled !== undefined) return normalised(Float32Array.from(float32(pooled)))
  const tokens = outputs.last_hidden_state ?? outputs.token_embeddings
  const [batch, count = 0, dimensions = 0] = tokens?.dims ?? []
  if (tokens === undefined || batch !== 1 || tokens.dims.length !== 3)
    throw new Error(
      `the network gives ${Object.keys(outputs).join(', ')}, but no sentence_embedding and no last_hidden_state`,
    )
  const data = float32(tokens)
  const row = (at: number) => data.slice(at * dimensions, (at + 1) * dimensions)
  switch (pooling) {
    case 'cls':
      return normalised(row(0))
    case 'last':
      return normalised(row(count - 1))
    case 'mean':
      // The sum has the direction of the mean.
      return normalised(reduced(data, dimensions, (a, b) => a + b))
    case 'max':
      return normalised(reduced(data, dimensions, Math.max))
  }
}

function reduced(
  data: Float32Array<ArrayBuffer>,
  dimensions: number,
  join: (a: number, b: number) => number,
): Float32Array<ArrayBuffer> {
  const result = data.slice(0, dimensions)
  for (let at = dimensions; at < data.length; at += dimensions)
    for (let i = 0; i < dimensions; i++) result[i] = join(result[i] ?? 0, data[at + i] ?? 0)
  return result
}

function normalised(vector: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  let squares = 0
  for (const value of vector) squares += value * value
  if (!Number.isFinite(squares) || squares === 0) throw new Error('the network gave no usable vector')
  const length = Math.sqrt(squares)
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] ?? 0) / length
  return vector
}

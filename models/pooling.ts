import type { Tensor } from 'onnxruntime-node'
import type { Pooling } from './description.ts'
import { float32 } from './float16.ts'

/** Pooled by the network, or token vectors to be pooled here. */
const OUTPUTS = ['sentence_embedding', 'last_hidden_state', 'token_embeddings']

/** The network's output with the text's vector. */
export function sentenceOutput(names: readonly string[]): string {
  const found = OUTPUTS.find((name) => names.includes(name))
  if (found === undefined)
    throw new Error(
      `the network gives ${names.join(', ')}, but no sentence_embedding and no last_hidden_state`,
    )
  return found
}

/** The L2-normalised vector of a text, from this output of a network that ran on the text alone. */
export function sentenceVector(output: Tensor | undefined, pooling: Pooling): Float32Array<ArrayBuffer> {
  if (output === undefined) throw new Error('the network gave no vector')
  const data = float32(output)
  if (output.dims.length < 3) return normalised(data)
  const [batch, count = 0, dimensions = 0] = output.dims
  if (batch !== 1 || output.dims.length !== 3)
    throw new Error(`the network gives vectors of shape [${output.dims.join(', ')}]`)
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

/** The vectors of the tokens from `first` up to `end`, each of length 1. */
export function tokenVectors(
  output: Tensor | undefined,
  dimensions: number,
  first: number,
  end: number,
): Float32Array<ArrayBuffer> {
  if (output === undefined) throw new Error('the network gave no vectors of tokens')
  const vectors = float32(output).slice(first * dimensions, end * dimensions)
  for (let at = 0; at < vectors.length; at += dimensions) normalised(vectors.subarray(at, at + dimensions))
  return vectors
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

/** In place. */
function normalised(vector: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  let squares = 0
  for (const value of vector) squares += value * value
  if (!Number.isFinite(squares) || squares === 0) throw new Error('the network gave no usable vector')
  const length = Math.sqrt(squares)
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] ?? 0) / length
  return vector
}

import { createHash } from 'node:crypto'
import { builtinModel } from '../../models/builtin.ts'
import { embeddingModel } from '../../models/description.ts'
import type { Encoding } from '../../models/embed-messages.ts'
import type { LocalEmbedder } from '../../models/embedder.ts'
import { roots, writtenWords } from '../../src/text/content-words.ts'

const DIMENSIONS = 64
/** What the vectors of all words share: the built-in model's cosines are seldom below 0.75. */
const COMMON = 2

/**
 * Stands in for the built-in model where results must be the same on every machine: ONNX Runtime rounds differently with
 * every instruction set. A word's vector is made of the hash of its root.
 */
export function wordEmbedder(): LocalEmbedder {
  const encode: LocalEmbedder['encode'] = async (texts) => texts.map(encoding)
  return {
    model: { ...embeddingModel(builtinModel()), dimensions: DIMENSIONS },
    encode,
    embed: encode,
    queued: () => 0,
    close: async () => {},
  }
}

function encoding(text: string): Encoding {
  const words = writtenWords(text).filter(({ isContent }) => isContent)
  const vectors = words.map(({ start, end }) => vectorOf([...roots(text.slice(start, end))].join(' ')))
  const sum = new Float32Array(DIMENSIONS).fill(1e-3)
  for (const vector of vectors) for (const [d, value] of vector.entries()) sum[d] = (sum[d] ?? 0) + value
  return {
    vector: unit(sum),
    tokens: words.length,
    unknown: 0,
    truncated: false,
    tokenVectors: {
      vectors: Float32Array.from(vectors.flatMap((vector) => [...vector])),
      starts: Int32Array.from(words, ({ start }) => start),
      ends: Int32Array.from(words, ({ end }) => end),
    },
  }
}

function vectorOf(word: string): Float32Array<ArrayBuffer> {
  const hash = createHash('sha512').update(word).digest()
  return unit(Float32Array.from(hash.subarray(0, DIMENSIONS), (byte) => COMMON + (byte - 127.5) / 75))
}

function unit(vector: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const length = Math.sqrt(vector.reduce((total, value) => total + value * value, 0))
  return vector.map((value) => value / length)
}

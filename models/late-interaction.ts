/** Compares questions with texts token by token: Khattab and Zaharia, "ColBERT", 2020. */

import { setImmediate } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { cosine } from '../src/domain/cosine.ts'
import type { Span } from '../src/domain/document.ts'
import { ChatbotError } from '../src/domain/errors.ts'
import type { Embedder, EmbedOptions, LateInteraction } from '../src/ports/embedder.ts'
import type { Encoding, TokenVectors } from './embed-messages.ts'

type Encode = (texts: readonly string[], options: EmbedOptions) => Promise<Encoding[]>

/** Texts of about 160,000 tokens of 384 dimensions. */
const MEMO_BYTES = 64_000_000
/** Longer questions are truncated, so that a text takes this thread at most a few milliseconds. */
const MAX_QUESTION_TOKENS = 128

/** An `Embedder.interact` based on a model's `encode`; caches the tokens of recently used texts. */
export function lateInteraction(encode: Encode): NonNullable<Embedder['interact']> {
  const memo = new LRUCache<string, PackedText>({
    maxSize: MEMO_BYTES,
    sizeCalculation: ({ bytes }, text) => bytes + 2 * text.length,
  })

  return async (question, texts, options) => {
    // Held here too, because the memo may evict some before all are encoded.
    const packed = new Map(texts.map(({ text }) => [text, memo.get(text)]))
    const missing = [...packed.keys()].filter((text) => packed.get(text) === undefined)
    const [[asked], encodings] = await Promise.all([
      encode([question], { ...options, as: 'query' }),
      encode(missing, { ...options, as: 'passage' }),
    ])
    if (asked === undefined) throw new Error('the embedder returned nothing')
    for (const [i, encoding] of encodings.entries()) {
      const text = missing[i] ?? ''
      const made = pack(encoding)
      memo.set(text, made)
      packed.set(text, made)
      await setImmediate()
    }
    const { starts, ends } = tokensOf(asked)
    const count = Math.min(starts.length, MAX_QUESTION_TOKENS)
    const results: LateInteraction[] = []
    for (const { text, parts } of texts) {
      const found = packed.get(text)
      if (found === undefined) throw new Error('a text was not encoded')
      results.push(compare(asked, count, found, parts))
      await setImmediate()
      if (options.signal?.aborted)
        throw new ChatbotError('cancelled', 'Cancelled before it was compared.', {
          cause: options.signal.reason,
        })
    }
    return {
      question: Array.from({ length: count }, (_, i) => ({ start: starts[i] ?? 0, end: ends[i] ?? 0 })),
      texts: results,
    }
  }
}

/**
 * Token vectors quantised to 8 bits: dimension `d` of token `t` is `vectors[t * dimensions + d] * scales[d]`. Every
 * dimension has its own scale, because some are many times larger than others in all tokens.
 */
interface PackedText {
  readonly vectors: Int8Array
  readonly scales: Float32Array
  readonly starts: Int32Array
  /** The vector of the whole text. */
  readonly sentence: Float32Array
  readonly truncated: boolean
  readonly bytes: number
}

const MAX_INT8 = 127

function pack(encoding: Encoding): PackedText {
  const { vector: sentence, truncated } = encoding
  const { vectors, starts } = tokensOf(encoding)
  const dimensions = sentence.length
  const scales = new Float32Array(dimensions)
  // Iterators and callbacks would take twenty times as long.
  for (let i = 0; i < vectors.length; i++) {
    const d = i % dimensions
    scales[d] = Math.max(scales[d] ?? 0, Math.abs(vectors[i] ?? 0) / MAX_INT8)
  }
  const small = new Int8Array(vectors.length)
  for (let i = 0; i < vectors.length; i++)
    small[i] = Math.round((vectors[i] ?? 0) / (scales[i % dimensions] || 1))
  const bytes = small.byteLength + scales.byteLength + starts.byteLength + sentence.byteLength
  return { vectors: small, scales, starts, sentence, truncated, bytes }
}

function compare(
  question: Encoding,
  count: number,
  text: PackedText,
  parts: readonly Span[],
): LateInteraction {
  const row = padded(count)
  const cosines = cosinesOf(tokensOf(question).vectors, count, text)
  const tokens = parts.map((part) => tokensIn(text, part))
  const best = tokens.map((own) => {
    const highest = new Float32Array(count).fill(-1)
    for (const token of own)
      for (let i = 0; i < count; i++) highest[i] = Math.max(highest[i] ?? 0, cosines[token * row + i] ?? 0)
    return highest
  })
  const similarities = tokens.map((own) => cosine(question.vector, meanOf(text, own)))
  return { similarity: cosine(question.vector, text.sentence), best, similarities, truncated: text.truncated }
}

/** The tokens that begin in a part. */
function tokensIn({ starts }: PackedText, { start, end }: Span): number[] {
  const found: number[] = []
  for (let token = 0; token < starts.length; token++) {
    const at = starts[token] ?? 0
    if (at >= start && at < end) found.push(token)
  }
  return found
}

/** The normalised mean of these tokens; zeros if there are none. */
function meanOf({ vectors, scales }: PackedText, tokens: readonly number[]): Float32Array {
  const dimensions = scales.length
  const sum = new Float32Array(dimensions)
  for (const token of tokens) {
    for (let d = 0; d < dimensions; d++) sum[d] = (sum[d] ?? 0) + (vectors[token * dimensions + d] ?? 0)
  }
  let squares = 0
  for (let d = 0; d < dimensions; d++) {
    const value = (sum[d] ?? 0) * (scales[d] ?? 0)
    sum[d] = value
    squares += value * value
  }
  const length = Math.sqrt(squares) || 1
  for (let d = 0; d < dimensions; d++) sum[d] = (sum[d] ?? 0) / length
  return sum
}

/** Rounds up to groups of four: each number of the text is then read and widened once for four products, twice as fast. */
const padded = (count: number): number => Math.ceil(count / 4) * 4

/** One row per token of the text: its cosines with the question's tokens, zero-padded. */
function cosinesOf(
  question: Float32Array,
  count: number,
  { vectors, scales, starts }: PackedText,
): Float32Array {
  const dimensions = scales.length
  const rows = padded(count)
  const scaled = new Float32Array(rows * dimensions)
  for (let i = 0; i < count * dimensions; i++) scaled[i] = (question[i] ?? 0) * (scales[i % dimensions] ?? 0)
  const cosines = new Float32Array(starts.length * rows)
  for (let token = 0; token < starts.length; token++) {
    const from = token * dimensions
    for (let row = 0; row < rows; row += 4) {
      const one = row * dimensions
      const two = one + dimensions
      const three = two + dimensions
      const four = three + dimensions
      let a = 0
      let b = 0
      let c = 0
      let d = 0
      for (let k = 0; k < dimensions; k++) {
        const value = vectors[from + k] ?? 0
        a += value * (scaled[one + k] ?? 0)
        b += value * (scaled[two + k] ?? 0)
        c += value * (scaled[three + k] ?? 0)
        d += value * (scaled[four + k] ?? 0)
      }
      const at = token * rows + row
      cosines[at] = a
      cosines[at + 1] = b
      cosines[at + 2] = c
      cosines[at + 3] = d
    }
  }
  return cosines
}

function tokensOf({ tokenVectors }: Encoding): TokenVectors {
  if (tokenVectors === undefined) throw new Error('the embedder returned no vectors of tokens')
  return tokenVectors
}

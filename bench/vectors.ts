/** Vectors kept in `.cache/vectors`, so that an experiment embeds a text once and for all. */
import { createHash } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunningEmbedder } from '../models/embedder.ts'
import type { Embedder, Embedding } from '../src/ports/embedder.ts'

const FOLDER = fileURLToPath(new URL('../.cache/vectors', import.meta.url))
const HASH_BYTES = 16
/** Texts embedded before they are written: what a stop loses. */
const BATCH = 64

/** The same embedder with a memory on disk; only vectors are kept: tokens and what was cut are not. One process at a time. */
export function keepingVectors(embedder: RunningEmbedder): RunningEmbedder {
  const { dimensions, fingerprint } = embedder.model
  mkdirSync(FOLDER, { recursive: true })
  const file = join(FOLDER, `${createHash('sha256').update(fingerprint).digest('hex').slice(0, 16)}.bin`)
  const size = HASH_BYTES + dimensions * 4
  const known = new Map<string, Float32Array>()
  const stored = existsSync(file) ? readFileSync(file) : Buffer.alloc(0)
  for (let at = 0; at + size <= stored.length; at += size) {
    const vector = new Float32Array(dimensions)
    for (let i = 0; i < dimensions; i++) vector[i] = stored.readFloatLE(at + HASH_BYTES + i * 4)
    known.set(stored.toString('hex', at, at + HASH_BYTES), vector)
  }
  const descriptor = openSync(file, 'a')

  const keyOf = (text: string, as: string) =>
    createHash('sha256')
      .update(`${as}\n${text}`)
      .digest('hex')
      .slice(0, HASH_BYTES * 2)

  const embed: Embedder['embed'] = async (texts, options) => {
    const missing = [...new Set(texts)].filter((text) => !known.has(keyOf(text, options.as)))
    for (let at = 0; at < missing.length; at += BATCH) {
      const batch = missing.slice(at, at + BATCH)
      for (const [i, { vector }] of (await embedder.embed(batch, options)).entries()) {
        const key = keyOf(batch[i] ?? '', options.as)
        known.set(key, vector)
        writeSync(descriptor, Buffer.concat([Buffer.from(key, 'hex'), bytesOf(vector)]))
      }
    }
    return texts.map((text): Embedding => {
      const vector = known.get(keyOf(text, options.as))
      if (vector === undefined) throw new Error('a vector is missing')
      return { vector, tokens: 0, unknown: 0, truncated: false }
    })
  }
  return {
    ...embedder,
    embed,
    async close() {
      closeSync(descriptor)
      await embedder.close()
    },
  }
}

const bytesOf = (vector: Float32Array) => Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength)

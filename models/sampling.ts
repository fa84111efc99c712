/** Samples the next token from the logits. */
import type { GenerationOptions } from '../src/ports/chat-model.ts'

export type Sampling = Pick<
  GenerationOptions,
  'temperature' | 'topK' | 'topP' | 'minP' | 'repetitionPenalty' | 'seed'
>

export type Sampler = (logits: Float32Array, before: Iterable<number>) => number

/** Filters in the order of transformers and llama.cpp: penalty, temperature, top-k, top-p, min-p. */
export function createSampler({ temperature, topK, topP, minP, repetitionPenalty, seed }: Sampling): Sampler {
  const random = generator(seed ?? Math.floor(Math.random() * 2 ** 32))
  return (logits, before) => {
    if (repetitionPenalty !== 1) penalise(logits, before, repetitionPenalty)
    if (temperature === 0) return likeliest(logits)
    const tokens = ranked(logits, topK)
    const best = tokens[0]?.logit ?? 0
    let sum = 0
    const weighed = tokens.map(({ id, logit }) => {
      const weight = Math.exp((logit - best) / temperature)
      sum += weight
      return { id, weight }
    })
    let kept = 0
    let mass = 0
    for (const { weight } of weighed) {
      if (kept > 0 && (mass >= topP * sum || weight < minP)) break
      mass += weight
      kept++
    }
    let left = random() * mass
    for (const { id, weight } of weighed.slice(0, kept)) {
      left -= weight
      if (left <= 0) return id
    }
    return weighed[0]?.id ?? 0
  }
}

function likeliest(logits: Float32Array): number {
  let best = 0
  for (let id = 1; id < logits.length; id++) {
    if ((logits[id] ?? 0) > (logits[best] ?? 0)) best = id
  }
  return best
}

function penalise(logits: Float32Array, ids: Iterable<number>, penalty: number): void {
  for (const id of new Set(ids)) {
    const logit = logits[id] ?? 0
    logits[id] = logit > 0 ? logit / penalty : logit * penalty
  }
}

/** Tokens with a logit this far below the top one are never drawn. */
const MAX_LOGIT_GAP = 20

/** Most likely first. */
function ranked(logits: Float32Array, topK: number): { id: number; logit: number }[] {
  const least = (logits[likeliest(logits)] ?? 0) - MAX_LOGIT_GAP
  const tokens: { id: number; logit: number }[] = []
  for (const [id, logit] of logits.entries()) if (logit >= least) tokens.push({ id, logit })
  tokens.sort((a, b) => b.logit - a.logit)
  return topK > 0 ? tokens.slice(0, topK) : tokens
}

/** Numbers from 0 to 1, the same for the same seed: mulberry32. */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

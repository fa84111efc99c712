/** Buffers of fixed size, as graphs with GroupQueryAttention have them: how large the scheduler lets them become. */
import { expect, test } from 'vitest'
import type { Cache, CausalNetwork } from '../../../models/causal.ts'
import { createScheduler, type Ended } from '../../../models/scheduler.ts'

const CONTEXT = 300

test('buffers grow with the text, and never beyond the context', async () => {
  const capacities: number[] = []
  const sized = (length: number, capacity: number): Cache => ({ length, capacity, tensors: {} })
  const network: CausalNetwork = {
    bytesPerToken: 1,
    fixed: true,
    cache: (tokens) => sized(0, tokens),
    resized: (cache, length, tokens) => sized(length, Math.max(tokens, length, cache.capacity ?? 0)),
    async forward(cache, ids) {
      cache.length += ids.length
      expect(cache.length).toBeLessThanOrEqual(cache.capacity ?? 0)
      capacities.push(cache.capacity ?? 0)
      return Float32Array.of(0, 1)
    },
    release: async () => {},
  }
  const ended = await new Promise<Ended>((resolve, reject) => {
    const scheduler = createScheduler({
      network,
      format: {
        ends: new Set([0]),
        decoder: () => ({ push: () => '', flush: () => '', stopped: false }),
      },
      contextTokens: CONTEXT,
      parallel: 1,
      cacheTokens: CONTEXT,
      listener: { text: () => {}, end: (_id, end) => resolve(end), failed: (_id, error) => reject(error) },
    })
    scheduler.add({
      id: 1,
      prompt: [1, 1, 1, 1, 1, 1, 1, 1],
      options: {
        maxTokens: 1000,
        temperature: 0,
        topK: 0,
        topP: 1,
        minP: 0,
        repetitionPenalty: 1,
        stop: [],
      },
    })
  })
  expect(ended).toMatchObject({ finish: 'length', completionTokens: CONTEXT - 8 })
  expect(capacities[0]).toBeLessThan(100)
  expect(Math.max(...capacities)).toBe(CONTEXT)
  expect(new Set(capacities).size).toBeGreaterThan(3)
})

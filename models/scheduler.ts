/** Runs several answers on one network, step by step in turn; reuses their caches for prompts with the same prefix. */
import { ChatbotError } from '../src/domain/errors.ts'
import type { GenerationOptions } from '../src/ports/chat-model.ts'
import type { Cache, CausalNetwork } from './causal.ts'
import type { ChatFormat, TextDecoder } from './chat.ts'
import { createSampler, type Sampler } from './sampling.ts'

/** Prompt tokens computed per step, which other answers have to wait for. */
const PROMPT_STEP = 256
/**
 * Networks compute a single token in another way, with other rounding: a prompt ends with two that are computed
 * together, so that an answer does not depend on what was kept.
 */
const PROMPT_END = 2
/** Growth of fixed caches in tokens: the cost of a step depends on the capacity. */
const CACHE_STEP = 64

export interface GenerationRequest {
  readonly id: number
  readonly prompt: readonly number[]
  readonly options: GenerationOptions
}

export interface Listener {
  text: (id: number, written: Written) => void
  end: (id: number, ended: Ended) => void
  failed: (id: number, error: unknown) => void
}

export interface Written {
  readonly text: string
  readonly promptTokens: number
  /** So far. */
  readonly completionTokens: number
}

export interface Ended {
  readonly finish: 'stop' | 'length'
  readonly promptTokens: number
  readonly cachedTokens: number
  readonly completionTokens: number
}

export interface Scheduler {
  add: (request: GenerationRequest) => void
  /** Ends before the next token, without further events. */
  cancel: (id: number) => void
}

/** A cache and the tokens in it. */
interface Slot {
  tokens: number[]
  cache: Cache | undefined
  /** Capacity reserved for the cache, in tokens. */
  room: number
  busy: boolean
}

interface Sequence extends GenerationRequest {
  readonly slot: Slot
  readonly cachedTokens: number
  readonly limit: number
  readonly sampler: Sampler
  readonly decoder: TextDecoder
  readonly answer: number[]
  /** Tokens to compute next: not in the cache yet. */
  waiting: number[]
}

export interface SchedulerOptions {
  readonly network: CausalNetwork
  readonly format: Pick<ChatFormat, 'ends' | 'decoder'>
  readonly contextTokens: number
  readonly parallel: number
  /** Capacity of all caches together, in tokens: at least one context window. */
  readonly cacheTokens: number
  readonly listener: Listener
}

const emptySlot = (): Slot => ({ tokens: [], cache: undefined, room: 0, busy: false })

export function createScheduler({
  network,
  format,
  contextTokens,
  parallel,
  cacheTokens,
  listener,
}: SchedulerOptions): Scheduler {
  const slots = Array.from({ length: parallel }, () => emptySlot())
  const queue: GenerationRequest[] = []
  const running: Sequence[] = []
  let working = false

  async function work(): Promise<void> {
    working = true
    for (;;) {
      while (queue.length > 0 && running.length < parallel && begin());
      if (running.length === 0) break
      for (const sequence of [...running]) {
        await step(sequence)
        // Yields to the event loop, so that new requests and cancels arrive between steps.
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    working = false
  }

  /** Starts the next request. Returns false if it must wait until a running one releases its cache. */
  function begin(): boolean {
    const [request] = queue
    if (request === undefined) return false
    const { id, prompt, options } = request
    if (prompt.length >= contextTokens) {
      queue.shift()
      const message = `The prompt has ${prompt.length} tokens, but the model's context window has only ${contextTokens}. Ask a shorter question, or lower retrieval.maxTokens.`
      listener.failed(id, new ChatbotError('engine_failed', message))
      return true
    }
    const [slot, common] = bestSlot(prompt)
    const limit = Math.min(options.maxTokens, contextTokens - prompt.length)
    const room = Math.min(contextTokens, Math.ceil((prompt.length + limit) / CACHE_STEP) * CACHE_STEP)
    if (!makeRoom(slot, room)) return false
    queue.shift()
    try {
      const first = Math.min(room, prompt.length + CACHE_STEP)
      slot.cache =
        slot.cache === undefined ? network.cache(first) : network.resized(slot.cache, common, first)
      slot.room = Math.max(room, slot.cache.capacity ?? 0)
    } catch (error) {
      Object.assign(slot, emptySlot())
      listener.failed(id, error)
      return true
    }
    slot.busy = true
    slot.tokens = prompt.slice(0, common)
    running.push({
      ...request,
      slot,
      cachedTokens: common,
      limit,
      sampler: createSampler(options),
      decoder: format.decoder(options.stop),
      answer: [],
      waiting: prompt.slice(common),
    })
    return true
  }

  /** Evicts the caches of idle slots, shortest first, until `room` tokens are free. Returns false if that is not enough. */
  function makeRoom(slot: Slot, room: number): boolean {
    const others = slots.filter((other) => other !== slot)
    const held = (some: readonly Slot[]) => some.reduce((sum, other) => sum + other.room, 0)
    if (held(others.filter(({ busy }) => busy)) + room > cacheTokens) return false
    const idle = others.filter(({ busy }) => !busy).toSorted((a, b) => a.tokens.length - b.tokens.length)
    for (const other of idle) {
      if (held(others) + room <= cacheTokens) break
      Object.assign(other, emptySlot())
    }
    return true
  }

  /** The free slot with the longest cached prefix of the prompt, and its length; the prompt's end is always recomputed. */
  function bestSlot(prompt: readonly number[]): [Slot, number] {
    const free = slots
      .filter(({ busy }) => !busy)
      .map((slot): [Slot, number] => [
        slot,
        Math.min(shared(slot.tokens, prompt), Math.max(0, prompt.length - PROMPT_END)),
      ])
    // Among equally good slots, the emptiest: the caches of the others may still be useful.
    const [best] = free.toSorted(([a, m], [b, n]) => n - m || a.tokens.length - b.tokens.length)
    if (best === undefined) throw new Error('no slot is free')
    return best
  }

  async function step(sequence: Sequence): Promise<void> {
    const { id, slot, answer } = sequence
    if (slot.cache === undefined || !running.includes(sequence)) return
    const isLast = sequence.waiting.length < PROMPT_STEP + PROMPT_END
    const ids = sequence.waiting.splice(0, isLast ? sequence.waiting.length : PROMPT_STEP)
    try {
      const { length, capacity } = slot.cache
      const total = length + ids.length
      if (capacity !== undefined && total > capacity)
        slot.cache = network.resized(slot.cache, length, Math.min(slot.room, total + CACHE_STEP))
      const logits = await network.forward(slot.cache, ids)
      slot.tokens.push(...ids)
      if (sequence.waiting.length > 0 || !running.includes(sequence)) return
      const next = sequence.sampler(logits, seen(sequence))
      if (format.ends.has(next)) return finish(sequence, 'stop')
      answer.push(next)
      const text = sequence.decoder.push(next)
      if (text !== '') listener.text(id, written(sequence, text))
      if (sequence.decoder.stopped) return finish(sequence, 'stop')
      if (answer.length >= sequence.limit) return finish(sequence, 'length')
      sequence.waiting = [next]
    } catch (error) {
      // The state of the cache is unknown now.
      Object.assign(slot, emptySlot())
      leave(sequence)
      listener.failed(id, error)
    }
  }

  function finish(sequence: Sequence, reason: Ended['finish']): void {
    leave(sequence)
    const text = sequence.decoder.flush()
    if (text !== '') listener.text(sequence.id, written(sequence, text))
    listener.end(sequence.id, {
      finish: reason,
      promptTokens: sequence.prompt.length,
      cachedTokens: sequence.cachedTokens,
      completionTokens: sequence.answer.length,
    })
  }

  function leave(sequence: Sequence): void {
    sequence.slot.busy = false
    const at = running.indexOf(sequence)
    if (at >= 0) running.splice(at, 1)
  }

  return {
    add(request) {
      queue.push(request)
      if (!working) void work()
    },
    cancel(id) {
      const at = queue.findIndex((request) => request.id === id)
      if (at >= 0) queue.splice(at, 1)
      const sequence = running.find((one) => one.id === id)
      if (sequence !== undefined) leave(sequence)
    },
  }
}

const written = ({ prompt, answer }: Sequence, text: string): Written => ({
  text,
  promptTokens: prompt.length,
  completionTokens: answer.length,
})

function* seen({ prompt, answer }: Sequence): Generator<number> {
  yield* prompt
  yield* answer
}

function shared(a: readonly number[], b: readonly number[]): number {
  let length = 0
  while (length < a.length && length < b.length && a[length] === b[length]) length++
  return length
}

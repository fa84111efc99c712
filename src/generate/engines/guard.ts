/** What stands between the pipeline and an engine that may be slow, full or down. */
import { setTimeout as pause } from 'node:timers/promises'
import { backoffMs } from '../../domain/backoff.ts'
import { ChatbotError, type ErrorCode } from '../../domain/errors.ts'
import { semaphore } from '../../domain/semaphore.ts'
import type { EngineState, GenerateInput, Generator, GeneratorEvent } from '../../ports/generator.ts'
import { atLeast } from '../../text/amounts.ts'

export interface GuardOptions {
  /** As the configuration calls the engine. */
  readonly name: string
  /** Answers at once; eight times as many may wait. */
  readonly parallel: number
  /** How often an answer that has no text yet is tried again. */
  readonly retries: number
}

export interface GuardedGenerator extends Generator {
  state: () => EngineState
}

/** Errors of the engine, not of the question: another engine, or another moment, may do better. */
const DOWN: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'engine_failed',
  'engine_unreachable',
  'engine_unauthenticated',
  'engine_rate_limited',
  'timeout',
  'overloaded',
  'model_corrupt',
  'model_too_large',
  'unknown_model',
  'unsupported_model',
  'provider_unavailable',
])
const RETRIED: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['engine_unreachable', 'engine_rate_limited'])
const MAX_WAITING_PER_SLOT = 8
/** A longer wait is the asker's to decide. */
const MAX_PAUSE_MS = 5000
const PAUSES = { firstMs: 300, longestMs: MAX_PAUSE_MS }
/** Failures in a row after which an engine is left alone for a while. */
const MAX_FAILURES = 3
const COOL_DOWN_MS = 15_000

/**
 * At most `parallel` answers at once, the next in order; tries again what failed for the moment before its first text;
 * after failures in a row the engine rests, and says so at once instead of letting everybody wait.
 */
export function guarded(generator: Generator, { name, parallel, retries }: GuardOptions): GuardedGenerator {
  const maxWaiting = parallel * MAX_WAITING_PER_SLOT
  const slots = semaphore(parallel, {
    maxWaiting,
    refusal: () =>
      new ChatbotError(
        'overloaded',
        `The engine ${name} works on ${parallel} answers, and ${maxWaiting} wait. Ask again in a moment.`,
        { retryAfterMs: 2000 },
      ),
  })
  let failures = 0
  // The message may hold what another asker wrote, as an engine has quoted it. The detail is for the machine's user.
  let resting: { until: number; because: ErrorCode; detail: string | undefined } | undefined

  function checkRest(): void {
    if (resting === undefined) return
    const left = resting.until - Date.now()
    if (left <= 0) return
    throw new ChatbotError(
      'engine_unreachable',
      `The engine ${name} failed ${MAX_FAILURES} times in a row and rests for ${atLeast(left)}. The last failure: ${resting.because}.`,
      { retryAfterMs: left, detail: resting.detail },
    )
  }

  function failed(error: ChatbotError): void {
    if (!DOWN.has(error.code) || error.code === 'overloaded') return
    failures++
    if (failures >= MAX_FAILURES)
      resting = { until: Date.now() + COOL_DOWN_MS, because: error.code, detail: error.detail }
  }

  async function* generate(input: GenerateInput): AsyncGenerator<GeneratorEvent> {
    checkRest()
    const release = await slots.take({ signal: input.signal })
    try {
      for (let attempt = 0; ; attempt++) {
        let begun = false
        try {
          for await (const event of generator.generate(input)) {
            begun = true
            yield event
          }
          failures = 0
          resting = undefined
          return
        } catch (thrown) {
          if (input.signal.aborted) throw thrown
          const error = ChatbotError.wrap(thrown)
          const wait = error.retryAfterMs ?? backoffMs(attempt + 1, PAUSES)
          if (begun || attempt >= retries || !RETRIED.has(error.code) || wait > MAX_PAUSE_MS) {
            failed(error)
            throw error
          }
          await pause(wait, undefined, { signal: input.signal })
        }
      }
    } finally {
      release()
    }
  }

  return {
    ...generator,
    generate,
    state: () =>
      resting === undefined || resting.until <= Date.now()
        ? { state: 'ok' }
        : { state: 'resting', until: new Date(resting.until), because: resting.because },
  }
}

/** The first engine answers; where it fails before its first text, the next. */
export function withFallbacks(
  first: Generator,
  others: readonly (readonly [string, Generator])[],
): Generator {
  return {
    ...first,
    async *generate(input) {
      let failure: ChatbotError | undefined
      for (const [name, generator] of [['', first] as const, ...others]) {
        let begun = false
        try {
          for await (const event of generator.generate(input)) {
            begun = true
            // It is no answer of the engine that was asked: not one to give again.
            yield failure !== undefined && event.type === 'end'
              ? {
                  ...event,
                  complete: false,
                  warnings: [...(event.warnings ?? []), `The engine ${name} answered: ${failure.message}`],
                }
              : event
          }
          return
        } catch (thrown) {
          const error = ChatbotError.wrap(thrown)
          if (begun || input.signal.aborted || !DOWN.has(error.code)) throw thrown
          failure ??= error
        }
      }
      throw failure
    },
  }
}

/** An engine that cannot answer, for a reason that is told to who asks it: the daemon and other engines go on. */
export const unusable = (name: string, error: ChatbotError): Generator => ({
  id: `${name}:unusable`,
  promptVersion: '',
  // biome-ignore lint/correctness/useYield: it ends before its first event
  async *generate() {
    throw error
  },
})

import { describe, expect, test, vi } from 'vitest'
import { ChatbotError, type ErrorCode } from '../../../../src/domain/errors.ts'
import { guarded, withFallbacks } from '../../../../src/generate/engines/guard.ts'
import type { GenerateInput, Generator, GeneratorEvent } from '../../../../src/ports/generator.ts'
import { workFor } from '../../../support/engine-work.ts'

const input = (signal = new AbortController().signal): GenerateInput => ({
  question: 'Who?',
  standalone: 'Who?',
  questionVector: new Float32Array(),
  language: 'en',
  passages: [],
  excerpts: [],
  history: [],
  ...workFor('somebody', signal),
})
const END: GeneratorEvent = { type: 'end', certainty: 'answered', complete: true }

/** Does in turn what it is told: a text, or the code of an error. */
function engine(...acts: (string | ErrorCode | Promise<void>)[]) {
  const asked = vi.fn()
  const generator: Generator = {
    id: 'fake:1',
    promptVersion: '1',
    async *generate() {
      asked()
      const act = acts.shift()
      if (act instanceof Promise) await act
      else if (typeof act === 'string' && act.includes('_')) throw failure(act)
      yield { type: 'delta', text: typeof act === 'string' ? act : 'later' }
      yield END
    },
  }
  return { generator, asked }
}

const CODES: readonly ErrorCode[] = [
  'engine_failed',
  'engine_unreachable',
  'engine_rate_limited',
  'empty_question',
]
function failure(code: string): ChatbotError {
  const known = CODES.find((one) => one === code)
  if (known === undefined) throw new Error(`unknown ${code}`)
  return new ChatbotError(
    known,
    `It was ${code}.`,
    known === 'engine_rate_limited' ? { retryAfterMs: 20 } : {},
  )
}

async function textOf(generator: Generator, signal?: AbortSignal): Promise<string> {
  let text = ''
  for await (const event of generator.generate(input(signal))) if (event.type === 'delta') text += event.text
  return text
}

describe('an engine', () => {
  test('that limits the rate for a moment is asked again, and no more often than it may', async () => {
    const { generator, asked } = engine('engine_rate_limited', 'engine_rate_limited', 'fine')
    expect(await textOf(guarded(generator, { name: 'e', parallel: 1, retries: 2 }))).toBe('fine')
    expect(asked).toHaveBeenCalledTimes(3)
    const other = engine('engine_rate_limited', 'engine_rate_limited')
    await expect(
      textOf(guarded(other.generator, { name: 'e', parallel: 1, retries: 1 })),
    ).rejects.toMatchObject({ code: 'engine_rate_limited' })
  })

  test('that fails three times in a row rests, and says why', async () => {
    const { generator, asked } = engine('engine_failed', 'engine_failed', 'engine_failed', 'fine')
    const guard = guarded(generator, { name: 'e', parallel: 1, retries: 0 })
    for (let i = 0; i < 3; i++) await expect(textOf(guard)).rejects.toMatchObject({ code: 'engine_failed' })
    expect(guard.state()).toMatchObject({ state: 'resting', because: 'engine_failed' })
    await expect(textOf(guard)).rejects.toMatchObject({
      code: 'engine_unreachable',
      retryAfterMs: expect.any(Number),
      message: expect.stringContaining('engine_failed'),
    })
    expect(asked).toHaveBeenCalledTimes(3)
    vi.useFakeTimers({ now: Date.now() + 20_000, toFake: ['Date'] })
    try {
      expect(await textOf(guard)).toBe('fine')
      expect(guard.state()).toEqual({ state: 'ok' })
    } finally {
      vi.useRealTimers()
    }
  })

  test('works on so many answers as it may; the next wait, and too many are refused', async () => {
    const gate = Promise.withResolvers<void>()
    const { generator, asked } = engine(gate.promise, ...Array<string>(8).fill('fine'))
    const guard = guarded(generator, { name: 'e', parallel: 1, retries: 0 })
    const abort = new AbortController()
    const first = textOf(guard)
    const waiting = Array.from({ length: 7 }, () => textOf(guard))
    const impatient = textOf(guard, abort.signal)
    await expect(textOf(guard)).rejects.toMatchObject({ code: 'overloaded' })
    expect(asked).toHaveBeenCalledTimes(1)
    abort.abort(new Error('enough'))
    await expect(impatient).rejects.toThrow('enough')
    gate.resolve()
    expect(await first).toBe('later')
    expect(await Promise.all(waiting)).toEqual(Array(7).fill('fine'))
  })
})

describe('fallbacks', () => {
  test('answer while the first is down; their answer is none to give again', async () => {
    const events: GeneratorEvent[] = []
    const generator = withFallbacks(engine('engine_unreachable').generator, [
      ['second', engine('engine_failed').generator],
      ['third', engine('from the third').generator],
    ])
    for await (const event of generator.generate(input())) events.push(event)
    expect(events).toEqual([
      { type: 'delta', text: 'from the third' },
      {
        ...END,
        complete: false,
        warnings: ['The engine third answered: It was engine_unreachable.'],
      },
    ])
  })

  test('are not asked when the question is at fault, or when all fail the first failure is told', async () => {
    const second = engine('fine')
    const wrong = withFallbacks(engine('empty_question').generator, [['second', second.generator]])
    await expect(textOf(wrong)).rejects.toMatchObject({ code: 'empty_question' })
    expect(second.asked).not.toHaveBeenCalled()
    const all = withFallbacks(engine('engine_unreachable').generator, [
      ['second', engine('engine_failed').generator],
    ])
    await expect(textOf(all)).rejects.toMatchObject({ code: 'engine_unreachable' })
  })
})

/** What answers cost, however they end. */
import { describe, expect, test } from 'vitest'
import { localGenerator } from '../../../../src/generate/engines/local.ts'
import { openaiGenerator } from '../../../../src/generate/engines/openai.ts'
import { estimatedPromptTokens, estimatedTokens } from '../../../../src/generate/engines/token-estimate.ts'
import type { Generator } from '../../../../src/ports/generator.ts'
import { workFor } from '../../../support/engine-work.ts'
import {
  type FakeRequest,
  failing,
  fakeOpenai,
  open,
  type Reply,
  streaming,
  write,
} from '../../../support/fake-openai.ts'
import { passage } from '../../../support/passages.ts'

const engine = {
  kind: 'openai' as const,
  continuation: 'none' as const,
  model: 'fake-1',
  maxTokens: 500,
  contextTokens: 8192,
  timeoutMs: 5000,
  parallel: 4,
  retries: 0,
}

/** Tokens that an answer has cost. */
async function costOf(generator: Generator, abort: AbortController, isEnough: (text: string) => boolean) {
  let tokens = 0
  let text = ''
  const work = {
    ...workFor('anna', abort.signal),
    spend: (more: number) => {
      tokens += more
    },
  }
  const events = generator.generate({
    question: 'Why is the sky blue?',
    standalone: 'Why is the sky blue?',
    questionVector: new Float32Array(384),
    language: 'en',
    passages: [passage(1, 'The sky is blue because air scatters short waves most.')],
    excerpts: [],
    history: [],
    ...work,
  })
  try {
    for await (const event of events) {
      if (event.type === 'delta') text += event.text
      if (isEnough(text)) abort.abort(new Error('enough'))
    }
  } catch {
    // It is the cost that counts.
  }
  return tokens
}

const delta = (part: object): object => ({ choices: [{ index: 0, delta: part, finish_reason: null }] })

async function remoteCost(reply: Reply, { abortAt = '' } = {}) {
  const abort = new AbortController()
  await using server = await fakeOpenai((response, request) => reply(response, request))
  const generator = await openaiGenerator('fake', { ...engine, baseUrl: server.baseUrl })
  const tokens = await costOf(generator, abort, (text) => abortAt !== '' && text.includes(abortAt))
  const prompt = server.requests[0]?.messages ?? []
  return { tokens, prompt }
}

const estimated = (prompt: FakeRequest['messages'], ...written: string[]) =>
  Math.ceil(estimatedTokens(written.join('')) + estimatedPromptTokens(prompt))

describe('an answer of a remote engine costs', () => {
  test('what the engine counts', async () => {
    expect((await remoteCost(streaming(['Blue [1].']))).tokens).toBe(120)
  })

  test('an estimate where the engine counts nothing', async () => {
    const { tokens, prompt } = await remoteCost((response) => {
      open(response)
      write(response, delta({ content: 'Blue [1].' }))
      write(response, { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
      response.end('data: [DONE]\n\n')
    })
    expect(tokens).toBe(estimated(prompt, 'Blue [1].'))
  })

  test('what was written when it is cancelled, its thoughts too', async () => {
    const text = 'Because of the air. '.repeat(20)
    const { tokens, prompt } = await remoteCost(
      (response) => {
        open(response)
        write(response, delta({ reasoning_content: 'x'.repeat(300) }))
        write(response, delta({ reasoning: 'y'.repeat(300) }))
        write(response, delta({ content: text }))
      },
      { abortAt: 'Because' },
    )
    expect(tokens).toBe(estimated(prompt, 'x'.repeat(600), text))
  })

  test('what was written when the engine is cut off', async () => {
    const { tokens, prompt } = await remoteCost((response) => {
      open(response)
      write(response, delta({ content: 'Because' }))
      response.socket?.destroySoon()
    })
    expect(tokens).toBe(estimated(prompt, 'Because'))
  })

  test('nothing when the engine refuses it', async () => {
    expect((await remoteCost(failing(500, 'boom'))).tokens).toBe(0)
    expect((await remoteCost(failing(429, 'slow down'))).tokens).toBe(0)
  })

  test('its prompt when it is cancelled before the first word', async () => {
    const abort = new AbortController()
    await using server = await fakeOpenai(() => abort.abort(new Error('enough')))
    const generator = await openaiGenerator('fake', { ...engine, baseUrl: server.baseUrl })
    const tokens = await costOf(generator, abort, () => false)
    const prompt = server.requests[0]?.messages ?? []
    expect(prompt).toHaveLength(2)
    expect(tokens).toBe(estimated(prompt))
  })
})

test('an answer of a local model that is cancelled costs the tokens until then', async () => {
  const abort = new AbortController()
  const generator = localGenerator(
    'local',
    {
      kind: 'local',
      ...{ model: 'm', maxTokens: 100, timeoutMs: 5000, temperature: 0, topK: 0, topP: 1, minP: 0 },
      ...{ repetitionPenalty: 1, stop: [], contextTokens: 4096, threads: 1, parallel: 1 },
      ...{ cacheMegabytes: 1, memoryMegabytes: 256, idleMinutes: 1 },
    },
    {
      name: 'm',
      fingerprint: 'm',
      contextTokens: 4096,
      count: async () => 200,
      async *stream(_messages, _options, signal) {
        for (let completionTokens = 1; completionTokens < 50; completionTokens += 1) {
          yield { type: 'text', text: ` word${completionTokens}`, promptTokens: 200, completionTokens }
          signal.throwIfAborted()
        }
      },
    },
  )
  expect(await costOf(generator, abort, (text) => text.includes('word7'))).toBe(207)
})

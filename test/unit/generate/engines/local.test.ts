/** A local model counts its prompt with its own tokenizer: what does not fit is left out, and no answer fails by that. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createGenerator, type RunningGenerator } from '../../../../models/generator.ts'
import { installedGenerator } from '../../../../models/installed.ts'
import type { Turn } from '../../../../src/domain/answer.ts'
import { localGenerator } from '../../../../src/generate/engines/local.ts'
import type { ChatMessage, LanguageModel } from '../../../../src/ports/chat-model.ts'
import type { GeneratorEvent } from '../../../../src/ports/generator.ts'
import { excerptsOfTexts } from '../../../../src/text/paragraphs.ts'
import { workFor } from '../../../support/engine-work.ts'
import { passage } from '../../../support/passages.ts'
import { tinyChatModel } from '../../../support/tiny-chat-model.ts'

const root = await mkdtemp(join(tmpdir(), 'chatbot-local-'))
let model: RunningGenerator
beforeAll(async () => {
  for (const [name, content] of Object.entries(tinyChatModel({ says: ['Башня', 'высокая', '[1].'] }))) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), content)
  }
  model = createGenerator({
    model: await installedGenerator(root, root),
    ...{ contextTokens: 4096, provider: 'cpu', threads: 1, parallel: 1 },
    ...{ cacheBytes: 10_000_000, memoryMegabytes: 4000, idleMs: 60_000 },
  })
})
afterAll(async () => {
  await model.close()
  await rm(root, { recursive: true, force: true })
})

/** The tiny tokenizer has a token a word: with the blank, two characters a token, as in Russian. */
const russian = (tokens: number) => 'я '.repeat(tokens)

async function ask(texts: readonly string[], history: readonly Turn[] = []) {
  const prompts: (readonly ChatMessage[])[] = []
  const watched: LanguageModel = {
    ...model,
    stream(messages, options, signal) {
      prompts.push(messages)
      return model.stream(messages, options, signal)
    },
  }
  const generator = localGenerator(
    'near',
    {
      kind: 'local',
      ...{ model: root, maxTokens: 100, timeoutMs: 60_000, temperature: 0, topK: 0, topP: 1, minP: 0 },
      ...{ repetitionPenalty: 1, stop: [], contextTokens: 4096, threads: 1, parallel: 1 },
      ...{ cacheMegabytes: 10, memoryMegabytes: 4000, idleMinutes: 1 },
    },
    watched,
  )
  const passages = texts.map((text, at) => passage(at + 1, text))
  const events: GeneratorEvent[] = []
  for await (const event of generator.generate({
    ...{ question: 'Какая башня?', standalone: 'Какая башня?', language: 'ru', history },
    questionVector: new Float32Array(384),
    passages,
    excerpts: excerptsOfTexts(passages),
    ...workFor(),
  }))
    events.push(event)
  const sent = prompts.at(-1) ?? []
  return {
    text: events.map((event) => (event.type === 'delta' ? event.text : '')).join(''),
    end: events.at(-1),
    passages: sent.at(-1)?.content.match(/<passage /gu)?.length,
    messages: sent.length,
  }
}

test('passages beyond the context are left out, with a warning', async () => {
  const { text, end, passages } = await ask(Array(8).fill(russian(1000)))
  expect(text).toContain('Башня')
  expect(passages).toBe(3)
  expect(end).toMatchObject({
    complete: true,
    warnings: ["5 of 8 passages did not fit into the engine's context (4,096 tokens)."],
  })
})

test('what fits by its tokens is kept, however long it is', async () => {
  const { passages, end } = await ask(Array(8).fill(`${'слово'.repeat(100)} `.repeat(10)))
  expect(passages).toBe(8)
  expect(end).toMatchObject({ warnings: [] })
})

test('earlier turns go before passages', async () => {
  const history = Array.from(
    { length: 6 },
    (_, at): Turn => ({
      ...{ id: `${at}`, question: 'Какая?', state: 'complete', text: russian(700), certainty: 'answered' },
      ...{ citations: [], askedAt: new Date(0) },
    }),
  )
  const { passages, messages, end } = await ask(Array(3).fill(russian(500)), history)
  expect(passages).toBe(3)
  // System, two turns of two messages each, question.
  expect(messages).toBe(6)
  expect(end).toMatchObject({ complete: true, warnings: [] })
})

test('a passage that does not fit alone is an error that says what to set', async () => {
  await expect(ask([russian(4200)])).rejects.toMatchObject({
    code: 'engine_failed',
    message: expect.stringContaining('engines.near.contextTokens (4096)'),
  })
})

/** The local language model in its process: every kind of graph, the cache, several answers at once, and what goes wrong. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { createDecoder, loadChat } from '../../../models/chat.ts'
import { createGenerator, type RunningGenerator } from '../../../models/generator.ts'
import { installedGenerator } from '../../../models/installed.ts'
import { createSampler } from '../../../models/sampling.ts'
import type { ChatMessage, GenerationOptions } from '../../../src/ports/chat-model.ts'
import {
  CONTEXT,
  expectedTokens,
  type TinyChatOptions,
  tinyChatModel,
  tokenIds,
  tokenText,
} from '../../support/tiny-chat-model.ts'

/** Keys and values of the tiny model, float32. */
const BYTES_PER_TOKEN = 2 * 17 * 4

const root = await mkdtemp(join(tmpdir(), 'chatbot-generator-'))
const open: RunningGenerator[] = []
afterEach(async () => {
  for (const generator of open.splice(0)) await generator.close()
})
afterAll(() => rm(root, { recursive: true, force: true }))

async function writeModel(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await mkdtemp(join(root, 'model-'))
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
  return folder
}

async function start(
  folder: string,
  memoryMegabytes = 4000,
  cacheBytes = 1_000_000,
): Promise<RunningGenerator> {
  const generator = createGenerator({
    model: await installedGenerator(folder, root),
    contextTokens: 1000,
    provider: 'cpu',
    threads: 1,
    parallel: 2,
    cacheBytes,
    memoryMegabytes,
    idleMs: 60_000,
  })
  open.push(generator)
  return generator
}

const GREEDY: GenerationOptions = {
  maxTokens: 12,
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  stop: [],
}
const ask = (content: string): ChatMessage[] => [{ role: 'user', content }]
const promptOf = (content: string) => tokenIds(`<|user|> ${content} <|end|> <|assistant|>`)
const plain = (text: string) => text.replace(/\s+/g, ' ').trim()

async function answer(
  generator: RunningGenerator,
  messages: readonly ChatMessage[],
  options: Partial<GenerationOptions> = {},
  signal = new AbortController().signal,
) {
  let text = ''
  for await (const piece of generator.stream(messages, { ...GREEDY, ...options }, signal)) {
    if (piece.type === 'end') return { ...piece, text: plain(text) }
    text += piece.text
  }
  throw new Error('the answer had no end')
}

describe('graphs', () => {
  const kinds: [string, TinyChatOptions][] = [
    ['with a cache of float32', {}],
    ['with a cache of float16', { cache: 'float16' }],
    ['that ask for positions', { positions: true }],
    ['with a branch for the cache', { branch: true }],
    ['that keep few logits, with weights in another file', { keepsLogits: true, external: true }],
    [
      'of all this together',
      { cache: 'float16', positions: true, branch: true, keepsLogits: true, external: true },
    ],
  ]
  test.each(kinds)(
    '%s write what they must, also after a prompt that was begun before',
    async (_kind, kind) => {
      const generator = await start(await writeModel(tinyChatModel(kind)))
      const first = await answer(generator, ask('a b c d e f'))
      expect(first).toMatchObject({
        finish: 'length',
        promptTokens: 9,
        cachedTokens: 0,
        completionTokens: 12,
      })
      expect(first.text).toBe(tokenText(expectedTokens(promptOf('a b c d e f'), 12, kind)))
      const second = await answer(generator, ask('a b c d k l'))
      expect(second.cachedTokens).toBe(5)
      expect(second.text).toBe(tokenText(expectedTokens(promptOf('a b c d k l'), 12, kind)))
    },
  )
})

describe('answers', () => {
  test('two at once are the same as one after the other', async () => {
    const generator = await start(await writeModel(tinyChatModel()))
    const asked = ['a a a', 'b c', 'd e f g h', 'a a b'].map((content) => answer(generator, ask(content)))
    const texts = (await Promise.all(asked)).map(({ text }) => text)
    expect(texts).toEqual(
      ['a a a', 'b c', 'd e f g h', 'a a b'].map((content) =>
        tokenText(expectedTokens(promptOf(content), 12, {})),
      ),
    )
  })

  test('more than may wait are refused', async () => {
    const generator = await start(await writeModel(tinyChatModel()))
    const asked = Array.from({ length: 30 }, () => answer(generator, ask('a')))
    const ended = await Promise.allSettled(asked)
    const refused = ended.filter(({ status }) => status === 'rejected')
    expect(refused.length).toBe(12)
    expect(refused[0]).toMatchObject({ reason: { code: 'overloaded', retryAfterMs: expect.any(Number) } })
  })

  test('share the memory for caches: one waits for the other, and what was kept makes room', async () => {
    const folder = await writeModel(tinyChatModel())
    const oneContext = CONTEXT * BYTES_PER_TOKEN
    for (const [contexts, kept] of [
      // The beginning that both have.
      [1, 1],
      [2, promptOf('a b c').length - 2],
    ] as const) {
      const generator = await start(folder, 4000, contexts * oneContext)
      const both = await Promise.all([answer(generator, ask('a b c')), answer(generator, ask('l k'))])
      expect(both.map(({ text }) => text)).toEqual(
        ['a b c', 'l k'].map((content) => tokenText(expectedTokens(promptOf(content), 12, {}))),
      )
      expect((await answer(generator, ask('a b c'))).cachedTokens).toBe(kept)
      await generator.close()
    }
  })

  test('a cache that holds no whole context is refused, with the room that there is', async () => {
    const generator = await start(await writeModel(tinyChatModel()), 4000, 63 * BYTES_PER_TOKEN)
    await expect(answer(generator, ask('a'))).rejects.toMatchObject({
      code: 'model_too_large',
      message: expect.stringMatching(/64 tokens .*cacheMegabytes.* contextTokens to 63/),
    })
  })

  test('end at a stop text, which may be cut over tokens', async () => {
    const generator = await start(await writeModel(tinyChatModel()))
    const tokens = expectedTokens(promptOf('a b'), 12, {})
    const whole = (await answer(generator, ask('a b'))).text
    const stop = whole.slice(4, 9)
    const { text, finish } = await answer(generator, ask('a b'), { stop: [stop] })
    expect(finish).toBe('stop')
    expect(text).toBe(plain(whole.slice(0, whole.indexOf(stop))))
    expect(tokens.length).toBe(12)
  })

  test('end at the end of the context window; a longer prompt says what to do', async () => {
    const generator = await start(await writeModel(tinyChatModel()))
    const long = Array(CONTEXT - 10)
      .fill('a')
      .join(' ')
    expect(await answer(generator, ask(long), { maxTokens: 100 })).toMatchObject({
      finish: 'length',
      completionTokens: 7,
    })
    await expect(answer(generator, ask(`${long} ${long}`))).rejects.toMatchObject({
      code: 'engine_failed',
      message: expect.stringContaining('64'),
    })
  })

  test('a prompt is counted as it is computed', async () => {
    const generator = await start(await writeModel(tinyChatModel()))
    const { signal } = new AbortController()
    expect(await generator.count(ask('a b c'), signal)).toBe(promptOf('a b c').length)
    expect((await answer(generator, ask('a b c'))).promptTokens).toBe(promptOf('a b c').length)
    await expect(generator.count(ask('a'), AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
  })

  test('a cancelled one stops, and the next is right', async () => {
    const generator = await start(await writeModel(tinyChatModel()))
    const abort = new AbortController()
    const seen: string[] = []
    const cancelled = (async () => {
      for await (const piece of generator.stream(ask('a b c'), { ...GREEDY, maxTokens: 50 }, abort.signal)) {
        if (piece.type === 'text') seen.push(piece.text)
        abort.abort(new Error('enough'))
      }
    })()
    await expect(cancelled).rejects.toThrow('enough')
    expect(seen.length).toBeLessThan(50)
    expect((await answer(generator, ask('a b c'))).text).toBe(
      tokenText(expectedTokens(promptOf('a b c'), 12, {})),
    )
  })
})

describe('what goes wrong', () => {
  test('a process that dies fails its answer; the next question starts another', async () => {
    const generator = await start(await writeModel(tinyChatModel()))
    await answer(generator, ask('a'))
    const pid = generator.pid()
    const asked = answer(generator, ask('a b c'), { maxTokens: 50 })
    process.kill(pid ?? 0, 'SIGKILL')
    await expect(asked).rejects.toMatchObject({ code: 'engine_failed' })
    expect((await answer(generator, ask('a b c'))).completionTokens).toBe(12)
    expect(generator.pid()).not.toBe(pid)
  })

  test('too much memory ends the process', async () => {
    const generator = await start(await writeModel(tinyChatModel()), 10)
    const asked = async () => {
      // The watchdog looks twice a second.
      for (;;) await answer(generator, ask('a b c'), { maxTokens: 50 })
    }
    await expect(asked()).rejects.toMatchObject({
      code: 'engine_failed',
      message: expect.stringContaining('10 MB'),
    })
  })

  test.each([
    [
      'a file that is cut off',
      { 'onnx/model.onnx': Buffer.from(tinyChatModel()['onnx/model.onnx'] ?? '').subarray(0, 300) },
    ],
    ['no chat template', { 'tokenizer_config.json': '{"tokenizer_class":"PreTrainedTokenizerFast"}' }],
    ['a tokenizer that is none', { 'tokenizer.json': 'x' }],
  ])('%s is a damaged model', async (_what, files) => {
    const generator = await start(await writeModel({ ...tinyChatModel(), ...files }))
    await expect(answer(generator, ask('a'))).rejects.toMatchObject({ code: 'model_corrupt' })
    await expect(answer(generator, ask('a'))).rejects.toMatchObject({ code: 'model_corrupt' })
  })
})

describe('sampling', () => {
  const logits = () => Float32Array.from([1, 5, 4, 3, -2])
  const draw = (options: Partial<GenerationOptions>, count = 200, before: number[] = []) => {
    const sampler = createSampler({ ...GREEDY, seed: 7, ...options })
    return Array.from({ length: count }, () => sampler(logits(), before))
  }
  test('the same seed draws the same, another one not', () => {
    expect(draw({ temperature: 1 })).toEqual(draw({ temperature: 1 }))
    expect(draw({ temperature: 1 })).not.toEqual(draw({ temperature: 1, seed: 8 }))
  })
  test.each<[string, Partial<GenerationOptions>, number[]]>([
    ['greedy', { temperature: 0 }, [1]],
    ['top-k', { temperature: 2, topK: 2 }, [1, 2]],
    ['top-p', { temperature: 1, topP: 0.8 }, [1, 2]],
    ['min-p', { temperature: 1, minP: 0.1 }, [1, 2, 3]],
    ['none of them', { temperature: 5 }, [0, 1, 2, 3, 4]],
  ])('%s', (_name, options, expected) => {
    expect([...new Set(draw(options, 2000))].toSorted()).toEqual(expected)
  })
  test('draws as often as the probabilities say', () => {
    const ones = draw({ temperature: 1 }, 20_000).filter((id) => id === 1).length
    expect(ones / 20_000).toBeCloseTo(0.652, 1)
  })
  test('what has occurred becomes less likely', () => {
    expect(draw({ repetitionPenalty: 2 }, 1, [1])).toEqual([2])
  })
})

describe('text from tokens', () => {
  /** Each token is a byte. */
  const decode = (ids: number[]) => new TextDecoder().decode(Uint8Array.from(ids))
  const pieces = (text: string, stop: string[] = []) => {
    const decoder = createDecoder(decode, stop)
    return [...[...Buffer.from(text)].map((byte) => decoder.push(byte)), decoder.flush()]
  }
  test('never has half a character', () => {
    const text = 'Да — 😀 naïve 日本'
    expect(pieces(text).join('')).toBe(text)
    expect(pieces(text).every((piece) => !piece.includes('\ufffd'))).toBe(true)
  })
  test('holds back what may become a stop text', () => {
    expect(pieces('one END two', ['END']).join('')).toBe('one ')
    expect(pieces('one ENough', ['END']).join('')).toBe('one ENough')
    expect(pieces('one EN', ['END']).join('')).toBe('one EN')
  })
})

test('a chat becomes the prompt of its template', async () => {
  const chat = loadChat(await writeModel(tinyChatModel()))
  const prompt = chat.encode([
    { role: 'system', content: 'a' },
    { role: 'user', content: 'b' },
    { role: 'assistant', content: 'c' },
    { role: 'user', content: 'd' },
  ])
  expect(tokenText(prompt)).toBe(
    '<|system|> a <|end|> <|user|> b <|end|> <|assistant|> c <|end|> <|user|> d <|end|> <|assistant|>',
  )
  expect([...chat.ends]).toEqual([0])
})

test('a last message of the assistant is gone on with', async () => {
  const chat = loadChat(await writeModel(tinyChatModel()))
  const prompt = chat.encode([
    { role: 'user', content: 'b' },
    { role: 'assistant', content: ' c' },
  ])
  expect(tokenText(prompt)).toBe('<|user|> b <|end|> <|assistant|> c')
})

test.each([
  ['refuses', "{{ raise_exception('System role not supported') }}"],
  ['leaves out', ''],
])(
  'what the system says to a template that %s it begins the first message of the user',
  async (_how, system) => {
    const template = `{% for m in messages %}{% if m['role'] == 'system' %}${system}{% else %}{{ '<|' + m['role'] + '|> ' + m['content'] + ' <|end|> ' }}{% endif %}{% endfor %}<|assistant|>`
    const chat = loadChat(await writeModel({ ...tinyChatModel(), 'chat_template.jinja': template }))
    const prompt = chat.encode([
      { role: 'system', content: 'a' },
      { role: 'user', content: 'b' },
      { role: 'assistant', content: 'c' },
      { role: 'user', content: 'd' },
    ])
    expect(tokenText(prompt)).toBe(
      '<|user|> a b <|end|> <|assistant|> c <|end|> <|user|> d <|end|> <|assistant|>',
    )
  },
)

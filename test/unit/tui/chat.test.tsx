import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { ChatbotError } from '../../../src/domain/errors.ts'
import { type ChatOptions, type ChatOutcome, openChat } from '../../../src/tui/open.tsx'
import { citation, DrivenClient } from './client.ts'
import { Screen } from './screen.ts'

// Read once, when Ink is loaded.
vi.hoisted(() => {
  process.env.FORCE_COLOR = '1'
})

interface Opened extends AsyncDisposable {
  readonly screen: Screen
  readonly client: DrivenClient
  readonly dataDir: string
  /** Settles when the chat is over. */
  readonly outcome: Promise<ChatOutcome>
  /** Types a question and gives the ask it makes. */
  ask: (question: string) => ReturnType<DrivenClient['nextAsk']>
}

async function open(
  options: Partial<ChatOptions> & { columns?: number; rows?: number; client?: DrivenClient } = {},
): Promise<Opened> {
  const { columns, rows, ...rest } = options
  const screen = new Screen({ columns, rows })
  const client = options.client ?? new DrivenClient()
  const dataDir = rest.dataDir ?? (await mkdtemp(join(tmpdir(), 'chat-')))
  const outcome = openChat({
    version: '1.2.3',
    listCollections: async () => [
      { name: 'guides', documents: 2 },
      { name: 'notes', documents: 1 },
    ],
    env: {},
    ...rest,
    client,
    dataDir,
    stdin: screen.stdin,
    stdout: screen.stdout,
  })
  outcome.catch(() => {})
  await Promise.race([outcome, screen.until('›')])
  return {
    screen,
    client,
    dataDir,
    outcome,
    async ask(question) {
      const asked = client.nextAsk()
      screen.type(`${question}\r`)
      return asked
    },
    async [Symbol.asyncDispose]() {
      if (client.listeners > 0) screen.type('\u0003\u0003\u0003')
      await outcome.catch(() => {})
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

test('welcomes with what is known', async () => {
  await using chat = await open()
  await chat.screen.until('chatbot 1.2.3 · 3 documents in 2 collections · /help')
})

test('says how to ingest when nothing is indexed', async () => {
  await using chat = await open({ listCollections: async () => [] })
  await chat.screen.until('chatbot ingest PATH')
})

test('streams an answer, then moves it to the scrollback with its sources', async () => {
  await using chat = await open()
  const ask = await chat.ask('What is it?')
  expect(ask.request).toMatchObject({ question: 'What is it?' })
  ask.emit(
    { type: 'accepted', id: 'a', conversation: 'c1', epoch: 1 },
    { type: 'stage', stage: 'embed', state: 'started' },
  )
  await chat.screen.until(/reading the question .* Esc cancels/)
  ask.emit({ type: 'stage', stage: 'embed', state: 'finished', ms: 3 })
  ask.text('It is **bo')
  await chat.screen.until('It is **bo')
  ask.text('ld** [1].')
  await chat.screen.until('It is bold [1].')
  ask.done('It is **bold** [1].', { citations: [citation(1)] })
  await chat.screen.until('extractive · 120ms')
  expect(chat.screen.text).toContain('It is bold [1].\n\n[1] docs/page-1.md:10 Page 1\nextractive · 120ms')
  expect(chat.screen.text.match(/It is bold/g)).toHaveLength(1)
  expect(chat.screen.text).not.toContain('Esc cancels')
})

test('tells an answer from the cache, and the question it was made for', async () => {
  await using chat = await open()
  const first = await chat.ask('Who?')
  first.done('Me.', { cached: { tier: 'exact', question: 'Who?' } })
  await chat.screen.until('from the cache: same question ·')
  const second = await chat.ask('Who then?')
  second.done('Me.', { cached: { tier: 'semantic', question: 'Who?' } })
  await chat.screen.until('from the cache: similar question “Who?”')
  const third = await chat.ask('Who else?')
  third.done('Me.', { cached: { tier: 'semantic' } })
  await chat.screen.until('from the cache: an earlier question')
})

test('tells an answer that is unsure, and one that was not found', async () => {
  await using chat = await open()
  const first = await chat.ask('Who?')
  first.done('Closest: me.', { certainty: 'unsure' })
  await chat.screen.until('unsure: the documents do not say this directly · extractive')
  const second = await chat.ask('Who then?')
  second.done('Nobody.', { certainty: 'not_found' })
  await chat.screen.until('not found in the documents · extractive')
})

test('an answer longer than the screen flows into the scrollback, once and in order', async () => {
  await using chat = await open({ rows: 12 })
  const ask = await chat.ask('Long?')
  const paragraphs = Array.from({ length: 40 }, (_, index) => `Paragraph ${index} of the answer.`)
  const text = paragraphs.join('\n\n')
  for (const piece of text.match(/[\s\S]{1,7}/g) ?? []) ask.text(piece)
  await chat.screen.until('Paragraph 39')
  ask.done(text)
  await chat.screen.until('extractive')
  const seen = [...chat.screen.text.matchAll(/^Paragraph (\d+) of the answer\.$/gm)].map(([, n]) => Number(n))
  expect(seen).toEqual(paragraphs.map((_, index) => index))
})

test('a restarted answer is cut to what is kept', async () => {
  await using chat = await open()
  const ask = await chat.ask('Again?')
  ask.text('The first half and something wrong')
  await chat.screen.until('something wrong')
  ask.emit({ type: 'restart', keep: 'The first half'.length })
  ask.text(' and something right')
  await chat.screen.until('The first half and something right')
  expect(chat.screen.text).not.toContain('something wrong')
})

test('a restart of text in the scrollback says that it is void', async () => {
  await using chat = await open({ rows: 12 })
  const ask = await chat.ask('Again?')
  ask.text(Array.from({ length: 30 }, (_, index) => `Old ${index}.\n\n`).join(''))
  await chat.screen.until('Old 29.')
  ask.emit({ type: 'restart', keep: 0 })
  ask.text('New text.')
  ask.done('New text.')
  await chat.screen.until('extractive')
  expect(chat.screen.text).toMatch(/was restarted[\s\S]*New text\./)
})

test.each([
  ['Escape', '\u001b'],
  ['Ctrl-C', '\u0003'],
])('%s cancels the answer, a second one quits', async (_name, key) => {
  await using chat = await open()
  const ask = await chat.ask('Slow?')
  ask.text('Half an ans')
  await chat.screen.until('Half an ans')
  chat.screen.type(key)
  await chat.screen.until('! Cancelled.')
  expect(ask.request.signal?.aborted).toBe(true)
  await chat.screen.until('Esc or Ctrl-C again quits')
  chat.screen.type(key)
  await expect(chat.outcome).resolves.toEqual({ conversation: undefined })
})

test('typing after a cancelled answer goes on', async () => {
  await using chat = await open()
  await chat.ask('Slow?')
  chat.screen.type('\u001b')
  await chat.screen.until('! Cancelled.')
  const ask = await chat.ask('Next?')
  ask.done('Yes.')
  await chat.screen.until('Yes.')
})

test('Ctrl-C clears the input, asks, and quits at last', async () => {
  await using chat = await open()
  chat.screen.type('draft')
  await chat.screen.until('› draft')
  chat.screen.type('\u0003')
  await chat.screen.until(() => !chat.screen.text.includes('draft'))
  chat.screen.type('\u0003')
  await chat.screen.until('Press Ctrl-C again to quit')
  chat.screen.type('x')
  await chat.screen.until(() => !chat.screen.text.includes('again to quit'))
  chat.screen.type('\u007f\u0003')
  await chat.screen.until('Press Ctrl-C again to quit')
  chat.screen.type('\u0003')
  await chat.outcome
})

test('Ctrl-D and /quit leave, and the terminal is as it was', async () => {
  for (const keys of ['\u0004', '/quit\r']) {
    const chat = await open()
    expect(chat.screen.stdin.isRaw).toBe(true)
    chat.screen.type(keys)
    await chat.outcome
    expect(chat.screen.stdin.isRaw).toBe(false)
    expect(chat.screen.stdout.raw.lastIndexOf('\u001b[?2004l')).toBeGreaterThan(
      chat.screen.stdout.raw.lastIndexOf('\u001b[?2004h'),
    )
    expect(chat.screen.stdout.raw.lastIndexOf('\u001b[?25h')).toBeGreaterThan(
      chat.screen.stdout.raw.lastIndexOf('\u001b[?25l'),
    )
    await chat[Symbol.asyncDispose]()
  }
})

test('what there is of an answer stays when the chat is left, the input does not', async () => {
  await using chat = await open()
  const ask = await chat.ask('Slow?')
  ask.text('Half an answer')
  await chat.screen.until('Half an answer')
  chat.screen.type('/quit\r')
  await chat.outcome
  expect(chat.screen.text).toMatch(/› Slow\?\n\nHalf an answer$/)
})

test('the conversation goes on until /new, and is told at the end', async () => {
  await using chat = await open()
  const first = await chat.ask('One?')
  first.emit({ type: 'accepted', id: 'a', conversation: 'c1', epoch: 1 })
  first.done('1')
  await chat.screen.until('120ms')
  const second = await chat.ask('Two?')
  expect(second.request.conversation).toBe('c1')
  second.done('2')
  await chat.screen.until(() => chat.screen.text.match(/120ms/g)?.length === 2)
  chat.screen.type('/new\r')
  await chat.screen.until('New conversation.')
  const third = await chat.ask('Three?')
  expect(third.request.conversation).toBeUndefined()
  third.emit({ type: 'accepted', id: 'b', conversation: 'c2', epoch: 1 })
  third.done('3')
  await chat.screen.until(() => chat.screen.text.match(/120ms/g)?.length === 3)
  chat.screen.type('\u0004')
  await expect(chat.outcome).resolves.toEqual({ conversation: 'c2' })
})

test('says that it reconnects, and when it has', async () => {
  await using chat = await open()
  chat.client.connection({ state: 'reconnecting', attempt: 2, inMs: 500, reason: 'ECONNRESET' })
  await chat.screen.until('Connection lost (ECONNRESET). Reconnecting, attempt 2, in 500ms')
  chat.client.connection({ state: 'connected', welcome: WELCOME })
  await chat.screen.until('Connected again.')
  await chat.screen.until('Enter sends')
})

test('a connection that is closed for good ends the chat with its error', async () => {
  const chat = await open()
  chat.client.connection({
    state: 'closed',
    error: new ChatbotError('unauthenticated', 'The token expired.'),
  })
  await expect(chat.outcome).rejects.toThrow('The token expired.')
  expect(chat.screen.stdin.isRaw).toBe(false)
})

test('an error shows its code and when to retry, and the question can be brought back', async () => {
  await using chat = await open()
  const ask = await chat.ask('Busy?')
  ask.emit({
    type: 'error',
    error: new ChatbotError('overloaded', 'Too many questions.', { retryAfterMs: 2000 }),
  })
  await chat.screen.until('✗ Too many questions. Try again in 2s. (overloaded)')
  chat.screen.type('\u001b[A')
  await chat.screen.until(() => chat.screen.cursor.line.startsWith('› Busy?'))
})

test('a stream that ends without a result is an error', async () => {
  await using chat = await open()
  const ask = await chat.ask('Cut?')
  ask.text('Some')
  ask.end()
  await chat.screen.until('The answer ended without a result.')
  expect(chat.screen.text).toContain('Some')
})

test('/sources quotes the last answer, all or one', async () => {
  await using chat = await open()
  chat.screen.type('/sources\r')
  await chat.screen.until('No answer yet')
  const ask = await chat.ask('Where?')
  ask.done('Here [1][2].', { citations: [citation(1), citation(2, { line: undefined, page: 7 })] })
  await chat.screen.until('[2] docs/page-2.md, page 7')
  chat.screen.type('/sources 2\r')
  await chat.screen.until('Quoted sentence 2.')
  expect(chat.screen.text).not.toContain('Quoted sentence 1.')
  chat.screen.type('/sources 9\r')
  await chat.screen.until('has no source 9; it has 1, 2')
  chat.screen.type('/sources\r')
  await chat.screen.until('Quoted sentence 1.')
})

test('/more shows the passages that the last answer does not quote', async () => {
  await using chat = await open()
  chat.screen.type('/more\r')
  await chat.screen.until('No answer yet')
  const ask = await chat.ask('Where?')
  const passages = [1, 2].map((number) => ({ ...citation(number), chunk: `${number}`, collection: 'notes' }))
  ask.emit({ type: 'context', passages })
  ask.done('Here [1].', { citations: [citation(1)] })
  await chat.screen.until('extractive')
  chat.screen.type('/more\r')
  await chat.screen.until('Quoted sentence 2.')
  expect(chat.screen.text).toContain('[2] docs/page-2.md:20')
  expect(chat.screen.text).not.toContain('Quoted sentence 1.')
})

test('/collection lists, narrows and widens', async () => {
  await using chat = await open()
  chat.screen.type('/collection\r')
  await chat.screen.until(/\* guides\s+2 documents/)
  chat.screen.type('/collection nope\r')
  await chat.screen.until('There is no collection nope. Existing ones: guides, notes.')
  chat.screen.type('/coll\t')
  await chat.screen.until('› /collection')
  chat.screen.type('no\t\r')
  await chat.screen.until('Searching in notes.')
  const ask = await chat.ask('Where?')
  expect(ask.request.collections).toEqual(['notes'])
  ask.done('There.')
  await chat.screen.until('There.')
  chat.screen.type('/collection all\r')
  await chat.screen.until('Searching in all collections.')
})

test('/help lists commands and keys; an unknown command says what there is', async () => {
  await using chat = await open({ rows: 50 })
  chat.screen.type('/help\r')
  await chat.screen.until('/sources [N]')
  await chat.screen.until('Ctrl-U, Ctrl-K, Ctrl-W')
  chat.screen.type('/sorces\r')
  await chat.screen.until('There is no command /sorces. Did you mean /sources?')
  const ask = await chat.ask('/etc/hosts holds what?')
  expect(ask.request.question).toBe('/etc/hosts holds what?')
})

test('/history lists the questions of the conversation', async () => {
  const client = new DrivenClient()
  client.turns = TURNS
  await using chat = await open({ client, conversation: 'c1' })
  await chat.screen.until('Continuing “First steps”. 3 earlier turns are not shown.')
  await chat.screen.until('An earlier answer [3].\n\n[3] docs/page-3.md:30')
  chat.screen.type('/sources\r')
  await chat.screen.until('Quoted sentence 3.')
  chat.screen.type('/history\r')
  await chat.screen.until('Conversation c1')
  const ask = await chat.ask('And now?')
  expect(ask.request.conversation).toBe('c1')
})

test('an unknown conversation ends before the screen is touched', async () => {
  const chat = await open({ conversation: 'nope' }).catch((error: unknown) => error)
  expect(chat).toMatchObject({ code: 'unknown_conversation' })
})

test('an unknown collection ends before the screen is touched', async () => {
  const chat = await open({ collections: ['notes', 'nope'] }).catch((error: unknown) => error)
  expect(chat).toMatchObject({ code: 'unknown_collection' })
})

test('one question at a time; the draft stays', async () => {
  await using chat = await open()
  const ask = await chat.ask('One?')
  chat.screen.type('Two?\r')
  await chat.screen.until('One answer at a time')
  expect(chat.client.asks).toHaveLength(1)
  ask.done('1')
  await chat.screen.until('120ms')
  expect(chat.screen.cursor.line).toBe('› Two?')
})

test('pasted lines stay lines, also without bracketed paste; Enter sends them', async () => {
  await using chat = await open()
  chat.screen.paste('one\r\ntwo\tthree\rfour')
  await chat.screen.until('› one\n  two  three\n  four')
  const asked = chat.client.nextAsk()
  chat.screen.type('\r')
  expect((await asked).request.question).toBe('one\ntwo  three\nfour')
  chat.screen.type('\u001b')
  await chat.screen.until('Cancelled.')
  const raw = chat.client.nextAsk()
  chat.screen.type('five\rsix\r')
  expect((await raw).request.question).toBe('five\nsix')
})

test('a paste that is too long is cut, and that is said', async () => {
  await using chat = await open()
  chat.screen.paste('слово '.repeat(100_000))
  await chat.screen.until('A question has at most 8192 characters: the rest was dropped.')
  const asked = chat.client.nextAsk()
  chat.screen.type('\r')
  expect((await asked).request.question).toHaveLength(8192)
})

test.each([
  ['Alt-Enter', '\u001b\r'],
  ['Ctrl-J', '\n'],
  ['Shift-Enter (kitty)', '\u001b[13;2u'],
  ['a trailing backslash', '\\\r'],
])('%s makes a new line', async (_name, key) => {
  await using chat = await open()
  chat.screen.type('one')
  await chat.screen.until('› one')
  chat.screen.type(key)
  await chat.screen.until(() => chat.screen.cursor.line === '' || chat.screen.cursor.line === '  ')
  const ask = await chat.ask('two')
  expect(ask.request.question).toBe('one\ntwo')
})

test('the cursor stands where the next grapheme goes, with wide and combining characters', async () => {
  await using chat = await open()
  chat.screen.type('Привет, 世界 e\u0301')
  await chat.screen.until(() => chat.screen.cursor.x === 2 + 'Привет, '.length + 4 + 2)
  chat.screen.type('\u001b[D\u001b[D\u001b[D')
  await chat.screen.until(() => chat.screen.cursor.x === 2 + 'Привет, '.length + 2)
  chat.screen.type('\u0001')
  await chat.screen.until(() => chat.screen.cursor.x === 2)
  const ask = await chat.ask('')
  expect(ask.request.question).toBe('Привет, 世界 e\u0301')
  ask.done('Ответ: **世界** — это мир [1].', { citations: [citation(1, { uri: 'заметки/мир.md' })] })
  await chat.screen.until('Ответ: 世界 — это мир [1].')
  await chat.screen.until('[1] заметки/мир.md:10')
})

test('control sequences of documents, names and the daemon never reach the terminal', async () => {
  await using chat = await open()
  const ask = await chat.ask('Evil?')
  const evil = '\u001b]52;c;ZXZpbA==\u0007\u001b[2J\u001b[31m\u009b31m'
  const start = chat.screen.stdout.raw.length
  ask.text(`Fine ${evil}text \u001b`, ']0;title\u0007 end [1]')
  await chat.screen.until('Fine text')
  ask.done(`Fine ${evil}text \u001b]0;title\u0007 end [1]`, {
    citations: [citation(1, { uri: `a${evil}b.md`, title: evil, text: `Quoted ${evil}.` })],
    warnings: [`Careful ${evil}.`],
    generator: `engine${evil}`,
  })
  await chat.screen.until('! Careful .')
  chat.screen.type('/sources\r')
  await chat.screen.until('Quoted .')
  const raw = chat.screen.stdout.raw.slice(start)
  expect(raw).not.toContain('\u001b]')
  expect(raw).not.toContain('\u001b[2J')
  expect(raw).not.toContain('\u009b')
})

test('survives 20 columns and back', async () => {
  await using chat = await open()
  const ask = await chat.ask('A question that is longer than twenty columns?')
  ask.text('# Heading\n\n| a | b |\n|---|---|\n| one long cell | another long cell |\n\n- item\n  - nested\n')
  await chat.screen.until('Heading')
  chat.screen.resize(20, 10)
  ask.text('\nA paragraph that is longer than twenty columns.')
  await chat.screen.until('columns.')
  ask.done('# Heading\n\nA paragraph that is longer than twenty columns.', { citations: [citation(1)] })
  await chat.screen.until('extractive')
  chat.screen.type('/help\r')
  await chat.screen.until('Keys')
  chat.screen.resize(100, 30)
  const next = await chat.ask('Still there?')
  next.done('Yes, still here.')
  await chat.screen.until('Yes, still here.')
})

test('NO_COLOR: bold stays, colours go', async () => {
  const sgr = (raw: string) => new Set([...raw.matchAll(/\u001b\[([\d;]+)m/g)].map(([, code]) => code))
  const show = async (env: Record<string, string>) => {
    await using chat = await open({ env })
    const ask = await chat.ask('Colours?')
    ask.done('# H\n\n**b** `c` [1] [l](http://x.y)', { citations: [citation(1)] })
    await chat.screen.until('extractive')
    return sgr(chat.screen.stdout.raw)
  }
  expect([...(await show({}))].filter((code) => /^3\d$/.test(`${code}`))).not.toEqual(['39'])
  const plain = await show({ NO_COLOR: '1' })
  expect([...plain].filter((code) => /^[349]\d/.test(`${code}`))).toEqual([])
  expect(plain).toContain('1')
})

test('earlier inputs come back with Up, also in the next chat, and only this user can read them', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'chat-'))
  const first = await open({ dataDir })
  const ask = await first.ask('Вопрос\n'.trim())
  ask.done('Ответ')
  await first.screen.until('Ответ')
  first.screen.type('\u0004')
  await first.outcome
  expect((await stat(join(dataDir, 'chat_history'))).mode & 0o777).toBe(0o600)
  await using second = await open({ dataDir })
  second.screen.type('draft\u001b[A')
  await second.screen.until('› Вопрос')
  second.screen.type('\u001b[B')
  await second.screen.until('› draft')
})

const WELCOME = {
  type: 'welcome',
  protocol: 1,
  version: '1.2.3',
  user: 'local',
  limits: { maxFrameBytes: 65536, maxQuestion: 8192, maxAsksInFlight: 4 },
  pingIntervalMs: 25000,
} as const

const TURNS = {
  conversation: {
    id: 'c1',
    title: 'First steps',
    turns: 4,
    createdAt: new Date(0),
    updatedAt: new Date(0),
  },
  turns: [
    {
      id: 'a',
      question: 'Earlier?',
      state: 'complete',
      text: 'An earlier answer [3].',
      certainty: 'answered',
      citations: [citation(3)],
      askedAt: new Date(0),
    },
  ],
} as const

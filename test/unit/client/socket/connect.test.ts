import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import type { AskEvent, ChatClient, ConnectionState } from '../../../../src/client/client.ts'
import { answerOf } from '../../../../src/client/client.ts'
import { connect } from '../../../../src/client/socket/connect.ts'
import type { ConnectionOptions } from '../../../../src/client/socket/connection.ts'
import { ChatbotError } from '../../../../src/domain/errors.ts'
import { answer, type WireServer, welcome, wireServer } from '../../../support/wire-server.ts'

const MOMENT = '2026-01-02T03:04:05.000Z'
const position = (id: string, seq: number, epoch = 1) => ({ id, epoch, seq })

function client(server: WireServer, options: Partial<ConnectionOptions> = {}): Promise<ChatClient> {
  return connect(
    { kind: 'local', socketPath: server.socketPath },
    { version: '1.0.0', wait: async () => {}, random: () => 0.5, ...options },
  )
}

/** Reads an ask in the background; `seen` grows as events come. */
function listening(events: AsyncIterable<AskEvent>) {
  const seen: AskEvent[] = []
  const waiting: { count: number; resolve: () => void }[] = []
  const ended = (async () => {
    for await (const event of events) {
      seen.push(event)
      for (const { count, resolve } of waiting) if (seen.length >= count) resolve()
    }
    return seen
  })()
  const atLeast = (count: number) =>
    seen.length >= count
      ? Promise.resolve()
      : new Promise<void>((resolve) => waiting.push({ count, resolve }))
  return { seen, ended, atLeast }
}

const textOf = (events: readonly AskEvent[]) =>
  events.reduce((text, event) => {
    if (event.type === 'delta') return text + event.text
    return event.type === 'restart' ? text.slice(0, event.keep) : text
  }, '')

const types = (events: readonly AskEvent[]) => events.map(({ type }) => type)

test('an answer from question to done', async () => {
  await using server = await wireServer()
  await using chat = await client(server)
  const reading = listening(
    chat.ask({ question: 'why?', collections: ['docs'], filter: { paths: ['a/**'] } }),
  )
  const peer = await server.peer()
  const ask = await peer.next()
  expect(ask).toMatchObject({
    type: 'ask',
    question: 'why?',
    collections: ['docs'],
    filter: { paths: ['a/**'] },
  })
  if (ask.type !== 'ask') return
  peer.send(
    { type: 'accepted', id: ask.id, epoch: 1, conversation: 'c1' },
    { type: 'stage', ...position(ask.id, 1), stage: 'generate', state: 'started' },
    { type: 'delta', ...position(ask.id, 2), text: 'Because' },
    { type: 'delta', ...position(ask.id, 3), text: ' so.' },
    { type: 'done', ...position(ask.id, 4), answer: answer(ask.id, 'Because so.') },
  )
  const events = await reading.ended
  expect(textOf(events)).toBe('Because so.')
  expect(types(events)[0]).toBe('accepted')
  expect(types(events).at(-1)).toBe('done')
})

test('a connection lost in mid-answer is made again and the answer goes on without a seam', async () => {
  await using server = await wireServer()
  await using chat = await client(server)
  const states: ConnectionState['state'][] = []
  chat.onConnection(({ state }) => states.push(state))
  const id = randomUUID()
  const reading = listening(chat.ask({ question: 'why?', id }))
  const first = await server.peer()
  await first.next()
  first.send(
    { type: 'accepted', id, epoch: 1, conversation: 'c1' },
    { type: 'stage', ...position(id, 1), stage: 'generate', state: 'started' },
    { type: 'delta', ...position(id, 2), text: 'Because' },
  )
  await reading.atLeast(3)
  first.vanish()
  const second = await server.peer()
  expect(await second.next()).toEqual({ type: 'resume', id, epoch: 1, seq: 2 })
  // Its daemon no longer has the third event, and the second comes again.
  second.send(
    { type: 'delta', ...position(id, 2), text: 'Because' },
    { type: 'snapshot', ...position(id, 3), text: 'Because so' },
    { type: 'delta', ...position(id, 4), text: '.' },
    { type: 'done', ...position(id, 5), answer: answer(id, 'Because so.') },
  )
  // Without a restart: what came again was not shown twice, and nothing was taken back.
  expect(new Set(types(await reading.ended))).toEqual(new Set(['accepted', 'stage', 'delta', 'done']))
  expect(textOf(reading.seen)).toBe('Because so.')
  expect(states).toEqual(['reconnecting', 'connected'])
})

test('a new epoch with another text cuts what no longer holds; older epochs are ignored', async () => {
  await using server = await wireServer()
  await using chat = await client(server)
  const id = randomUUID()
  const reading = listening(chat.ask({ question: 'why?', id }))
  const peer = await server.peer()
  await peer.next()
  peer.send(
    { type: 'accepted', id, epoch: 1, conversation: 'c1' },
    { type: 'delta', ...position(id, 1), text: 'one two' },
    { type: 'restart', ...position(id, 1, 2), keep: 4 },
    { type: 'delta', ...position(id, 2, 1), text: 'from a daemon that was stalled' },
    { type: 'delta', ...position(id, 2, 2), text: 'three' },
    { type: 'delta', ...position(id, 2, 2), text: 'said twice' },
    { type: 'done', ...position(id, 3, 2), answer: answer(id, 'one three') },
  )
  expect(textOf(await reading.ended)).toBe('one three')
  expect(types(reading.seen)).toEqual(['accepted', 'delta', 'restart', 'delta', 'done'])
})

test('a hole in the numbers is repaired by asking again', async () => {
  await using server = await wireServer()
  await using chat = await client(server)
  const id = randomUUID()
  const reading = listening(chat.ask({ question: 'why?', id }))
  const first = await server.peer()
  await first.next()
  first.send(
    { type: 'accepted', id, epoch: 1, conversation: 'c1' },
    { type: 'delta', ...position(id, 1), text: 'a' },
    { type: 'delta', ...position(id, 3), text: 'c' },
  )
  const second = await server.peer()
  await second.next()
  second.send(
    { type: 'delta', ...position(id, 1), text: 'a' },
    { type: 'delta', ...position(id, 2), text: 'b' },
    { type: 'delta', ...position(id, 3), text: 'c' },
    { type: 'done', ...position(id, 4), answer: answer(id, 'abc') },
  )
  expect(textOf(await reading.ended)).toBe('abc')
})

test.each([4401, 4403, 4409, 1009])('close code %i is the end', async (code) => {
  await using server = await wireServer()
  await using chat = await client(server)
  const reading = listening(chat.ask({ question: 'why?' }))
  const peer = await server.peer()
  await peer.next()
  peer.close(code)
  const [event] = await reading.ended
  expect(event?.type).toBe('error')
  const [next] = await listening(chat.ask({ question: 'again?' })).ended
  expect(next?.type).toBe('error')
})

test.each([4503, 4508, 4529, 1006, 1011])('close code %i means: come back', async (code) => {
  await using server = await wireServer()
  await using chat = await client(server)
  const id = randomUUID()
  const reading = listening(chat.ask({ question: 'why?', id }))
  const first = await server.peer()
  await first.next()
  if (code === 1006) first.vanish()
  else first.close(code)
  const second = await server.peer()
  await second.next()
  second.send({ type: 'done', ...position(id, 1), answer: answer(id, 'here') })
  expect(textOf(await reading.ended)).toBe('here')
})

test.each([
  ['not JSON', 'hello?'],
  ['an array', '[1]'],
  ['a known type with wrong fields', '{"type":"delta","id":1}'],
  ['binary', Buffer.from([0, 1, 2])],
])('garbage (%s) ends the connection with bad_message', async (_name, frame) => {
  await using server = await wireServer()
  await using chat = await client(server)
  const reading = listening(chat.ask({ question: 'why?' }))
  const peer = await server.peer()
  await peer.next()
  peer.raw(frame)
  await expect(answerOf(iterate(await reading.ended))).rejects.toMatchObject({ code: 'bad_message' })
})

async function* iterate(events: readonly AskEvent[]) {
  yield* events
}

test('a message of an unknown type or id is ignored', async () => {
  await using server = await wireServer()
  await using chat = await client(server)
  const id = randomUUID()
  const reading = listening(chat.ask({ question: 'why?', id }))
  const peer = await server.peer()
  await peer.next()
  peer.raw('{"type":"telemetry","load":1}')
  peer.send(
    { type: 'delta', ...position(randomUUID(), 1), text: 'not mine' },
    { type: 'done', ...position(id, 1), answer: answer(id, 'mine') },
  )
  expect(textOf(await reading.ended)).toBe('mine')
})

test('an aborted ask is cancelled in the daemon and ends at once', async () => {
  await using server = await wireServer()
  await using chat = await client(server)
  const stop = new AbortController()
  const id = randomUUID()
  const reading = listening(chat.ask({ question: 'why?', id, signal: stop.signal }))
  const peer = await server.peer()
  await peer.next()
  peer.send({ type: 'accepted', id, epoch: 1, conversation: 'c1' })
  await reading.atLeast(1)
  stop.abort()
  expect(await peer.next()).toEqual({ type: 'cancel', id })
  const last = (await reading.ended).at(-1)
  expect(last?.type === 'error' && last.error.code).toBe('cancelled')
})

test('a consumer that stops reading cancels too', async () => {
  await using server = await wireServer()
  await using chat = await client(server)
  const id = randomUUID()
  const reading = (async () => {
    for await (const event of chat.ask({ question: 'why?', id })) return event
    return undefined
  })()
  const peer = await server.peer()
  await peer.next()
  peer.send({ type: 'accepted', id, epoch: 1, conversation: 'c1' })
  expect((await reading)?.type).toBe('accepted')
  expect(await peer.next()).toEqual({ type: 'cancel', id })
})

test('a cancel while the connection is away is sent when it is back', async () => {
  await using server = await wireServer()
  const stop = new AbortController()
  await using chat = await client(server, {
    wait: async () => {
      stop.abort()
    },
  })
  const id = randomUUID()
  const reading = listening(chat.ask({ question: 'why?', id, signal: stop.signal }))
  const first = await server.peer()
  await first.next()
  first.vanish()
  await reading.ended
  const second = await server.peer()
  expect(await second.next()).toEqual({ type: 'cancel', id })
})

test('a draining daemon finishes what it has; what it refuses is asked of the next one', async () => {
  await using server = await wireServer()
  await using chat = await client(server)
  const [running, refused] = [randomUUID(), randomUUID()]
  const readingOld = listening(chat.ask({ question: 'old?', id: running }))
  const first = await server.peer()
  await first.next()
  first.send(
    { type: 'draining', graceMs: 1000 },
    { type: 'accepted', id: running, epoch: 1, conversation: 'c1' },
  )
  await readingOld.atLeast(1)
  const readingNew = listening(chat.ask({ question: 'new?', id: refused }))
  first.send({ type: 'done', ...position(running, 1), answer: answer(running, 'old') })
  expect(textOf(await readingOld.ended)).toBe('old')
  const second = await server.peer()
  expect(await second.next()).toMatchObject({ id: refused })
  second.send({ type: 'error', id: refused, code: 'draining', message: 'also stopping' })
  const third = await server.peer()
  expect(await third.next()).toMatchObject({ id: refused })
  third.send({ type: 'done', ...position(refused, 1), answer: answer(refused, 'new') })
  expect(textOf(await readingNew.ended)).toBe('new')
})

test('idle after a clean stop it only looks for a daemon; a question asks for one', async () => {
  await using old = await wireServer()
  await using fresh = await wireServer()
  const asks: boolean[] = []
  const looked = Promise.withResolvers<void>()
  await using chat = await client(old, {
    reconnect: { attempts: 2 },
    reopen: async ({ start }) => {
      asks.push(start)
      if (asks.length > 4) looked.resolve()
      if (!start) throw new ChatbotError('daemon_unreachable', 'none')
      return { kind: 'local', socketPath: fresh.socketPath }
    },
  })
  const first = await old.peer()
  first.close(4503)
  await looked.promise
  expect(asks).not.toContain(true)
  const id = randomUUID()
  const reading = listening(chat.ask({ question: 'why?', id }))
  const peer = await fresh.peer()
  expect(await peer.next()).toMatchObject({ id })
  peer.send({ type: 'done', ...position(id, 1), answer: answer(id, 'so') })
  expect(textOf(await reading.ended)).toBe('so')
  expect(asks.at(-1)).toBe(true)
})

test.each([
  [{ refused: true }, 'not_found'],
  [{ refused: false }, 'answered'],
  [{ certainty: 'unsure', refused: false }, 'unsure'],
] as const)('an answer with %j is %s, also from a daemon of an earlier version', async (told, certainty) => {
  await using server = await wireServer()
  await using chat = await client(server)
  const id = randomUUID()
  const reading = listening(chat.ask({ question: 'why?', id }))
  const peer = await server.peer()
  await peer.next()
  const { certainty: _, refused: __, ...wire } = answer(id, 'so')
  peer.send({ type: 'done', ...position(id, 1), answer: { ...wire, ...told } })
  expect((await reading.ended).at(-1)).toEqual({ type: 'done', answer: { ...wire, certainty } })

  const history = chat.history('c1')
  const asked = await peer.next()
  if (asked.type !== 'history') throw new Error(asked.type)
  const conversation = { id: 'c1', title: 'why?', turns: 1, createdAt: MOMENT, updatedAt: MOMENT }
  const turn = {
    id,
    question: 'why?',
    state: 'complete' as const,
    text: 'so',
    citations: [],
    askedAt: MOMENT,
  }
  peer.send({ type: 'turns', id: asked.id, conversation, turns: [{ ...turn, ...told }] })
  expect((await history).turns).toEqual([{ ...turn, certainty, askedAt: new Date(MOMENT) }])
})

test.each([
  ['', 'empty_question'],
  [' \n', 'empty_question'],
  ['x'.repeat(8193), 'question_too_long'],
])('a question that the daemon would refuse is not sent', async (question, code) => {
  await using server = await wireServer()
  await using chat = await client(server)
  const [event] = await listening(chat.ask({ question })).ended
  expect(event?.type === 'error' && event.error.code).toBe(code)
})

test('a frame above the limit is not sent', async () => {
  await using server = await wireServer({
    greeting: { ...welcome, limits: { ...welcome.limits, maxFrameBytes: 300 } },
  })
  await using chat = await client(server)
  const [event] = await listening(chat.ask({ question: 'я'.repeat(200) })).ended
  expect(event?.type === 'error' && event.error.code).toBe('frame_too_large')
})

test('search and history: one reply, or the error of the daemon', async () => {
  await using server = await wireServer()
  await using chat = await client(server)
  const found = chat.search({ query: 'q', limit: 3 })
  const peer = await server.peer()
  const search = await peer.next()
  expect(search).toMatchObject({ type: 'search', query: 'q', limit: 3 })
  peer.send({ type: 'results', id: 'id' in search ? search.id : '', passages: [], ms: 2 })
  expect(await found).toEqual({ passages: [], ms: 2 })
  const turns = chat.history('nope')
  const history = await peer.next()
  peer.send({
    type: 'error',
    id: 'id' in history ? history.id : '',
    code: 'unknown_conversation',
    message: 'no',
  })
  await expect(turns).rejects.toMatchObject({ code: 'unknown_conversation' })
})

test('after so many attempts in a row it gives up and says so', async () => {
  const server = await wireServer()
  const attempts: number[] = []
  await using chat = await client(server, { reconnect: { attempts: 3 } })
  chat.onConnection((state) => {
    if (state.state === 'reconnecting') attempts.push(state.attempt)
  })
  const reading = listening(chat.ask({ question: 'why?' }))
  await (await server.peer()).next()
  await server[Symbol.asyncDispose]()
  const [event] = await reading.ended
  expect(event?.type === 'error' && event.error.code).toBe('daemon_unreachable')
  expect(attempts).toEqual([1, 2, 3])
})

test('before it connects again it asks where, so that a stopped daemon can be started', async () => {
  const old = await wireServer()
  await using fresh = await wireServer()
  await using chat = await client(old, {
    reopen: async () => ({ kind: 'local', socketPath: fresh.socketPath }),
  })
  const id = randomUUID()
  const reading = listening(chat.ask({ question: 'why?', id }))
  await (await old.peer()).next()
  await old[Symbol.asyncDispose]()
  const peer = await fresh.peer()
  await peer.next()
  peer.send({ type: 'done', ...position(id, 1), answer: answer(id, 'here') })
  expect(textOf(await reading.ended)).toBe('here')
})

test.each([
  [{ refuse: 401 }, 'unauthenticated'],
  [{ refuse: 403 }, 'forbidden'],
  [{ refuse: 404 }, 'daemon_unreachable'],
  [{ refuse: 503 }, 'overloaded'],
  [{ greeting: { ...welcome, protocol: 2 } }, 'version_mismatch'],
  [{ greeting: { type: 'error', code: 'overloaded', message: 'full' } }, 'overloaded'],
])('a connection that cannot be made says why: %j', async (options, code) => {
  await using server = await wireServer(options)
  await expect(client(server)).rejects.toMatchObject({ code })
})

test('nobody there, or nobody who answers', async () => {
  await expect(
    connect({ kind: 'local', socketPath: '/nonexistent/daemon.sock' }, { version: '1' }),
  ).rejects.toMatchObject({ code: 'daemon_unreachable' })
  await using silent = await wireServer({ greeting: null })
  await expect(client(silent, { handshakeTimeoutMs: 50 })).rejects.toBeInstanceOf(ChatbotError)
})

test('a silent connection counts as lost', async () => {
  await using server = await wireServer({ greeting: { ...welcome, pingIntervalMs: 20 } })
  await using chat = await client(server)
  const reconnecting = new Promise<ConnectionState>((resolve) => chat.onConnection(resolve))
  expect((await reconnecting).state).toBe('reconnecting')
})

test('closing ends what still runs', async () => {
  await using server = await wireServer()
  const chat = await client(server)
  const reading = listening(chat.ask({ question: 'why?' }))
  const peer = await server.peer()
  await peer.next()
  await chat.close()
  const [event] = await reading.ended
  expect(event?.type).toBe('error')
  expect(await peer.closed).toBe(1000)
})

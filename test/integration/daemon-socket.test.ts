/** The wire protocol on a real daemon: docs/PROTOCOL.md, promise by promise. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { type FakeOpenai, fakeOpenai, open, type Reply, streaming, write } from '../support/fake-openai.ts'
import { type Asked, answerOf, greeted, rawSocket, textOf } from '../support/raw-socket.ts'
import { upload } from '../support/upload.ts'

let daemon: TestDaemon
let engine: FakeOpenai
let reply: Reply = streaming(['The tower is blue [1].'])

beforeAll(async () => {
  engine = await fakeOpenai((response, request) => reply(response, request))
  daemon = await startTestDaemon({
    env: {
      CHATBOT_ENGINES_FAKE_BASE_URL: engine.baseUrl,
      CHATBOT_ENGINES_FAKE_MODEL: 'fake-1',
      CHATBOT_ENGINES_FAKE_MAX_TOKENS: '100000',
      CHATBOT_ENGINES_FAKE_CONTEXT_TOKENS: '200000',
      CHATBOT_SERVER_HELLO_TIMEOUT_MS: '300',
      CHATBOT_SERVER_MAX_ASKS_PER_SOCKET: '2',
      CHATBOT_SERVER_MAX_BUFFERED_BYTES: '65536',
      CHATBOT_SERVER_STALL_TIMEOUT_MS: '1000',
    },
  })
  await ingest(
    'tower.md',
    '# The tower\n\nThe tower of Testville was built in 1887 by Anna Berg. It is 41 metres high.',
  )
  await ingest(
    'башня.md',
    '# Библиотека\n\nБиблиотеку в Тестограде построил архитектор Иван Петров в 1902 году.',
  )
})
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]()
  await engine?.[Symbol.asyncDispose]()
})

const ingest = (uri: string, text: string, collection = 'default') => upload(daemon, collection, uri, text)

const connect = () => greeted(daemon)
const url = () => `ws://${daemon.host}/ws`

describe('connecting', () => {
  test('over TCP the token is needed: by header, or in hello', async () => {
    await using byHeader = await rawSocket(url(), { headers: { authorization: `Bearer ${daemon.token}` } })
    byHeader.send({ type: 'hello' })
    expect(await byHeader.wait('welcome')).toMatchObject({ protocol: 1, user: 'local' })
    await using byHello = await rawSocket(url())
    byHello.send({ type: 'hello', token: daemon.token })
    await byHello.wait('welcome')
  })

  test.each([
    ['no token', {}, { type: 'hello' }],
    ['a wrong token', {}, { type: 'hello', token: 'x'.repeat(43) }],
    ['an ask before hello', {}, { type: 'ask', id: randomUUID(), question: 'Who?' }],
    ['a wrong header', { headers: { authorization: 'Bearer nonsense' } }, { type: 'hello' }],
  ])('%s closes with 4401', async (_name, options, message) => {
    await using client = await rawSocket(url(), options)
    if (client.socket.readyState === client.socket.OPEN) client.send(message)
    expect(await client.closed).toBe(4401)
  })

  test.each([
    ['a foreign origin', { origin: 'https://evil.example' }],
    ['a foreign host name, as in DNS rebinding', { headers: { host: 'evil.example:7474' } }],
  ])('%s is refused before the upgrade', async (_name, options) => {
    await expect(rawSocket(url(), options)).rejects.toThrow('403')
  })

  test('silence is closed with 4408', async () => {
    await using client = await rawSocket(url())
    expect(await client.closed).toBe(4408)
  })

  test('a second hello closes with 4409', async () => {
    await using client = await connect()
    client.send({ type: 'hello' })
    expect(await client.closed).toBe(4409)
  })

  test.each([
    ['a binary frame', Buffer.from([0, 159, 146, 150, 255])],
    ['no JSON', 'garbage {'],
    ['no object', '[1]'],
    ['no type', '{"id":1}'],
    ['deep JSON', `{"type":"hello","x":${'['.repeat(3000)}${']'.repeat(3000)}}`],
    ['wide JSON', `{"type":"hello","x":[${'0,'.repeat(25_000)}0]}`],
  ])('%s closes with 4400', async (_name, frame) => {
    await using client = await connect()
    client.socket.send(frame)
    expect(await client.closed).toBe(4400)
  })

  test('a bad frame on a socket that is being refused does not end the daemon', async () => {
    const [host, port] = daemon.host.split(':')
    const socket = createConnection({ host, port: Number(port) })
    await once(socket, 'connect')
    socket.write(
      `GET /ws HTTP/1.1\r\nHost: ${daemon.host}\r\nAuthorization: Bearer wrong\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    )
    await once(socket, 'data')
    // A frame without a mask.
    socket.write(Buffer.from([0x81, 0x01, 0x41]))
    await once(socket.resume(), 'close')
    await using next = await connect()
    expect(next.messages[0]).toMatchObject({ type: 'welcome' })
  })

  test('a frame of a megabyte closes with 1009, and the daemon lives', async () => {
    await using client = await connect()
    client.begin('x'.repeat(1_048_576))
    expect(await client.closed).toBe(1009)
    await using next = await connect()
    expect(answerOf(await next.ask('Who built the tower?')).text).toContain('Anna Berg')
  })
})

describe('messages that are wrong get an error, and the socket lives', () => {
  test.each([
    ['an unknown type', { type: 'dance', id: 'a' }, 'bad_message'],
    ['an id that is no UUID', { type: 'ask', id: 'a', question: 'Who?' }, 'bad_message'],
    ['an empty question', { type: 'ask', id: randomUUID(), question: '  \n' }, 'empty_question'],
    ['a long question', { type: 'ask', id: randomUUID(), question: 'x'.repeat(9000) }, 'question_too_long'],
    [
      'an unknown collection',
      { type: 'ask', id: randomUUID(), question: 'Who?', collections: ['none'] },
      'unknown_collection',
    ],
    [
      'an unknown engine',
      { type: 'ask', id: randomUUID(), question: 'Who?', engine: 'none' },
      'unknown_engine',
    ],
    [
      'an unknown conversation',
      { type: 'ask', id: randomUUID(), question: 'Who?', conversation: randomUUID() },
      'unknown_conversation',
    ],
    [
      'a conversation that is no id',
      { type: 'history', id: randomUUID(), conversation: "'; DROP TABLE answers" },
      'unknown_conversation',
    ],
    ['half a character', { type: 'search', id: randomUUID(), query: 'a\ud800' }, 'bad_message'],
    ['a NUL in the question', { type: 'search', id: randomUUID(), query: '\0' }, undefined],
  ])('%s', async (_name, message, code) => {
    await using client = await connect()
    client.send(message)
    if (code === undefined) await Promise.race([client.wait('error'), client.wait('results')])
    else expect(await client.wait('error')).toMatchObject({ code })
    expect(answerOf(await client.ask('Who built the tower?')).certainty).toBe('answered')
  })
})

describe('asking', () => {
  test('accepted, then gap-free events; the deltas are the text; citations are verified spans', async () => {
    await using client = await connect()
    const asked = await client.ask('Who built the tower of Testville?')
    const { events } = asked
    expect(events[0]).toMatchObject({ type: 'accepted', epoch: 1 })
    expect(events.slice(1).map((event) => ('seq' in event ? event.seq : 0))).toEqual(
      events.slice(1).map((_event, index) => index + 1),
    )
    const answer = answerOf(asked)
    expect(textOf(events)).toBe(answer.text)
    expect(answer).toMatchObject({
      certainty: 'answered',
      cached: false,
      language: 'en',
      generator: 'extractive',
    })
    expect(answer.text).toContain('Anna Berg')
    for (const { document, start, end, text } of answer.citations) {
      const found = await daemon.api.call('getDocumentText', {
        params: { reference: document },
        query: { start, end },
      })
      expect(found.text).toBe(text)
    }
    expect(answer.citations[0]).toMatchObject({ uri: 'tower.md', line: 3 })
  })

  test('answers and turns tell their certainty, and `refused` for earlier clients', async () => {
    await using client = await connect()
    for (const [question, told] of [
      ['How high is the tower?', { certainty: 'answered', refused: false }],
      ['Who invented the transistor radio?', { certainty: 'not_found', refused: true }],
    ] as const) {
      const answer = answerOf(await client.ask(question, { cache: false }))
      expect(answer).toMatchObject(told)
      const id = randomUUID()
      client.send({ type: 'history', id, conversation: answer.conversation })
      expect(await client.wait('turns', id)).toMatchObject({ turns: [told] })
      const params = { id: answer.conversation }
      const found = await daemon.api.call('getConversation', { params, query: {} })
      expect(found.turns).toMatchObject([told])
    }
  })

  test('Russian questions get Russian answers', async () => {
    await using client = await connect()
    const answer = answerOf(await client.ask('Кто построил библиотеку в Тестограде?'))
    expect(answer).toMatchObject({ language: 'ru', certainty: 'answered' })
    expect(answer.text).toContain('Иван Петров')
  })

  test('the same ask again is the same answer; another body under its id is an error', async () => {
    await using client = await connect()
    const first = await client.ask('How high is the tower?')
    await using other = await connect()
    const again = await other.ask('How high is the tower?', { id: first.id })
    expect(answerOf(again)).toEqual(answerOf(first))
    expect(textOf(again.events)).toBe(textOf(first.events))
    const third = await connect()
    expect((await third.ask('How high is the library?', { id: first.id })).last).toMatchObject({
      code: 'id_reused',
    })
    await third[Symbol.asyncDispose]()
  })

  test('a repeated question comes from the cache until its collection changes', async () => {
    await ingest('a.md', '# A\n\nThe mayor of Testville is called Olga Stein.', 'changing')
    await using client = await connect()
    const scope = { collections: ['changing'] }
    expect(answerOf(await client.ask('Who is the mayor of Testville?', scope)).cached).toBe(false)
    const hit = await client.ask(' Who is the  mayor of Testville?', scope)
    expect(answerOf(hit).cached).toEqual({
      tier: 'exact',
      question: 'Who is the mayor of Testville?',
      askedAt: expect.any(String),
    })
    expect(textOf(hit.events)).toBe(answerOf(hit).text)
    await ingest('a.md', '# A\n\nThe mayor of Testville is called Boris Klein.', 'changing')
    const fresh = answerOf(await client.ask('Who is the mayor of Testville?', scope))
    expect(fresh.cached).toBe(false)
    expect(fresh.text).toContain('Boris Klein')
  })

  test('an answer that the engine cut off is shown with a warning, and not reused', async () => {
    await using client = await connect()
    const again = () => client.ask('When was the tower of Testville built?', { engine: 'fake' })
    reply = streaming(['It was built in 1887 [1]. And'], 'length')
    const cut = answerOf(await again())
    expect(cut.warnings).toEqual([expect.stringContaining('engines.fake.maxTokens')])
    reply = streaming(['It was built in 1887 [1].'])
    expect(answerOf(await again())).toMatchObject({ cached: false, warnings: [] })
    expect(answerOf(await again())).toMatchObject({ cached: { tier: 'exact' } })
  })

  test('a request may leave the cache out and change retrieval settings for itself', async () => {
    await using client = await connect()
    const question = 'How many metres high is the tower of Testville?'
    const context = ({ events }: Asked) => events.find((event) => event.type === 'context')?.passages.length
    const whole = await client.ask(question)
    expect(answerOf(await client.ask(question, { cache: false })).cached).toBe(false)
    expect(answerOf(await client.ask(question))).toMatchObject({ cached: { tier: 'exact' } })
    const narrow = await client.ask(question, { retrieval: { passages: 1 } })
    expect(answerOf(narrow).cached).toBe(false)
    expect([context(whole), context(narrow)]).toEqual([expect.any(Number), 1])
    expect(context(whole)).toBeGreaterThan(1)

    expect((await client.ask(question, { retrieval: { passages: 0 } })).last).toMatchObject({
      code: 'bad_message',
    })
  })

  test('filters leave documents out', async () => {
    await using client = await connect()
    const { events } = await client.ask('Who built the tower of Testville?', {
      filter: { excludePaths: ['tower*'] },
    })
    const context = events.find((event) => event.type === 'context')
    expect(context?.type === 'context' && context.passages.map(({ uri }) => uri)).not.toContain('tower.md')
  })

  test('search finds passages; history shows the turns', async () => {
    await using client = await connect()
    const id = randomUUID()
    client.send({ type: 'search', id, query: 'tower height', limit: 1 })
    expect((await client.wait('results', id)).passages).toEqual([
      expect.objectContaining({ uri: 'tower.md', number: 1 }),
    ])
    const first = answerOf(await client.ask('Who built the tower?'))
    await client.ask('How high is the tower?', { conversation: first.conversation })
    client.send({ type: 'history', id, conversation: first.conversation })
    const { turns } = await client.wait('turns', id)
    expect(turns.map(({ question, state }) => [question, state])).toEqual([
      ['Who built the tower?', 'complete'],
      ['How high is the tower?', 'complete'],
    ])
  })

  test('an asker may tell the earlier turns; a conversation has its own', async () => {
    reply = streaming(['In 1887 [1].'])
    await using client = await connect()
    const history = [{ question: 'Who built the tower?', answer: 'It was Anna Berg.' }]
    const told = await client.ask('And when was it built?', { engine: 'fake', history })
    expect(JSON.stringify(engine.requests.at(-1))).toContain('It was Anna Berg.')

    const { conversation } = answerOf(told)
    expect((await client.ask('And then?', { conversation, history })).last).toMatchObject({
      code: 'bad_request',
    })
  })

  test('an engine behind the OpenAI API answers, with its usage', async () => {
    reply = streaming(['The tower ', 'is old [', '1].'])
    await using client = await connect()
    const asked = await client.ask('How old is the tower?', { engine: 'fake' })
    expect(answerOf(asked)).toMatchObject({
      text: 'The tower is old [1].',
      generator: 'fake:fake-1',
      usage: { promptTokens: 100 },
    })
    expect(textOf(asked.events)).toBe('The tower is old [1].')
  })
})

describe('answers that take long', () => {
  /** An engine that says this much and then waits to be told to end. */
  function waiting(text = 'Slowly') {
    const asked = Promise.withResolvers<void>()
    const gone = Promise.withResolvers<void>()
    const go = Promise.withResolvers<void>()
    reply = async (response) => {
      response.on('close', gone.resolve)
      open(response)
      write(response, { choices: [{ index: 0, delta: { content: text }, finish_reason: null }] })
      asked.resolve()
      await go.promise
      write(response, { choices: [{ index: 0, delta: { content: ' built [1].' }, finish_reason: 'stop' }] })
      response.end('data: [DONE]\n\n')
    }
    return { asked: asked.promise, gone: gone.promise, go: go.resolve }
  }

  test('cancel stops the engine and keeps the text; the id stays cancelled', async () => {
    const slow = waiting()
    await using client = await connect()
    const id = client.begin('Is the tower slow?', { engine: 'fake' })
    await slow.asked
    await client.wait('delta', id)
    client.send({ type: 'cancel', id })
    client.send({ type: 'cancel', id })
    expect((await client.events(id)).at(-1)).toMatchObject({ type: 'error', code: 'cancelled' })
    await slow.gone
    await using again = await connect()
    expect((await again.ask('Is the tower slow?', { id, engine: 'fake' })).last).toMatchObject({
      type: 'error',
      code: 'cancelled',
    })
  })

  test('a cancel right behind the ask is not lost', async () => {
    waiting()
    await using client = await connect()
    const id = client.begin('Is the tower cancelled?', { engine: 'fake' })
    client.send({ type: 'cancel', id })
    expect((await client.events(id)).at(-1)).toMatchObject({ type: 'error', code: 'cancelled' })
  })

  test('as many answers at once as the limits allow are all given', async () => {
    const clients = await Promise.all(Array.from({ length: 16 }, connect))
    const asked = clients.flatMap((client, index) => [
      client.ask(`Who built the tower in story ${index}?`),
      client.ask(`How high is the tower in story ${index}?`),
    ])
    for (const each of await Promise.all(asked)) expect(answerOf(each).text).not.toBe('')
    for (const client of clients) await client[Symbol.asyncDispose]()
  })

  test('an answer goes on without its socket, and another socket gets it from its start', async () => {
    const slow = waiting()
    const client = await connect()
    const id = client.begin('Does the tower go on?', { engine: 'fake' })
    await slow.asked
    await client[Symbol.asyncDispose]()
    await using other = await connect()
    const asked = other.ask('Does the tower go on?', { id, engine: 'fake' })
    await other.wait('delta', id)
    slow.go()
    expect(textOf((await asked).events)).toBe('Slowly built [1].')
    expect(answerOf(await asked).text).toBe('Slowly built [1].')
  })

  test('one socket has only so many answers at once, and never one twice', async () => {
    const slow = waiting()
    await using client = await connect()
    const ids = [randomUUID(), randomUUID(), randomUUID()]
    for (const id of ids) client.begin(`Question ${id}?`, { id, engine: 'fake' })
    expect(await client.wait('error', ids[2])).toMatchObject({
      code: 'overloaded',
      retryAfterMs: expect.any(Number),
    })
    client.begin(`Question ${ids[0]}?`, { id: ids[0], engine: 'fake' })
    expect(await client.wait('error', ids[0])).toMatchObject({ code: 'bad_message' })
    slow.go()
    await client.wait('done', ids[0])
    await client.wait('done', ids[1])
  })

  test('a client that does not read is cut off, and the daemon lives', async () => {
    reply = async (response) => {
      open(response)
      for (let index = 0; index < 400 && !response.destroyed; index += 1) {
        write(response, {
          choices: [{ index: 0, delta: { content: 'many words '.repeat(2000) }, finish_reason: null }],
        })
        await new Promise((resolve) => setImmediate(resolve))
      }
      response.end()
    }
    await using client = await connect()
    client.socket.pause()
    client.begin('Tell me everything of the tower?', { engine: 'fake' })
    await expect.poll(async () => (await daemon.api.call('status', {})).sockets, { timeout: 20_000 }).toBe(0)
    await using next = await connect()
    reply = streaming(['Fine [1].'])
    expect(answerOf(await next.ask('How is the tower?', { engine: 'fake' })).text).toBe('Fine [1].')
  })
})

/** Clients that do not read, or slowly: what is held for them is bounded, and they are told why they were cut off. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { type FakeOpenai, fakeOpenai, open, type Reply, streaming, write } from '../support/fake-openai.ts'
import { answerOf, greeted, type RawSocket, textOf } from '../support/raw-socket.ts'
import { upload } from '../support/upload.ts'

const BOUND = 262_144
const STALL_MS = 1500

let daemon: TestDaemon
let engine: FakeOpenai
let reply: Reply

beforeAll(async () => {
  engine = await fakeOpenai((response, request) => reply(response, request))
  daemon = await startTestDaemon({
    env: {
      CHATBOT_ENGINES_FAKE_BASE_URL: engine.baseUrl,
      CHATBOT_ENGINES_FAKE_MODEL: 'fake-1',
      CHATBOT_ENGINES_FAKE_MAX_TOKENS: '100000',
      CHATBOT_ENGINES_FAKE_CONTEXT_TOKENS: '200000',
      CHATBOT_SERVER_STALL_TIMEOUT_MS: String(STALL_MS),
      CHATBOT_SERVER_PING_INTERVAL_MS: '2500',
    },
  })
  for (let index = 0; index < 20; index += 1)
    await upload(
      daemon,
      'default',
      `tower-${index}.md`,
      `# Tower ${index}\n\n${`The tower ${index} is tall. `.repeat(300)}`,
    )
})
beforeEach(() => {
  reply = streaming(['The tower is blue [1].'])
})
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]()
  await engine?.[Symbol.asyncDispose]()
})

const connect = () => greeted(daemon)

async function buffered(): Promise<number> {
  const response = await fetch(`http://${daemon.host}/metrics`, {
    headers: { authorization: `Bearer ${daemon.token}` },
  })
  return Number(/^chatbot_sockets_buffered_bytes (\d+)/m.exec(await response.text())?.[1])
}

const cutOff = ({ log }: TestDaemon) => log().split('the client reads too slowly').length - 1

/** Many large results, none of which is read. */
function flood(client: RawSocket): void {
  client.socket.pause()
  for (let count = 0; count < 8; count += 1)
    client.send({ type: 'search', id: randomUUID(), query: 'tower', limit: 100 })
}

async function stall(client: RawSocket): Promise<void> {
  client.socket.pause()
  const until = performance.now() + 20_000
  while (client.socket.readyState === client.socket.OPEN && performance.now() < until) {
    flood(client)
    await sleep(100)
    if ((await buffered()) > BOUND / 8) return
  }
}

const PIECE = 'many words '.repeat(2000)
const PIECES = 60

const endless: Reply = async (response) => {
  open(response)
  for (let index = 0; index < PIECES && !response.destroyed; index += 1) {
    write(response, { choices: [{ index: 0, delta: { content: PIECE }, finish_reason: null }] })
    await new Promise((resolve) => setImmediate(resolve))
  }
  write(response, { choices: [{ index: 0, delta: { content: 'end [1].' }, finish_reason: 'stop' }] })
  response.end('data: [DONE]\n\n')
}

describe('a client that does not read', () => {
  test.each([
    [
      'answers',
      (client: RawSocket) => {
        reply = endless
        client.begin(`Tell me all ${randomUUID()}?`, { engine: 'fake', cache: false })
      },
    ],
    ['results', flood],
    [
      'errors',
      (client: RawSocket) => {
        for (let count = 0; count < 20_000; count += 1) client.send({ type: 'search', id: 'x'.repeat(30) })
      },
    ],
  ])('of %s is closed with 4508, and reads that when it reads again', async (_name, send) => {
    await using client = await connect()
    const before = cutOff(daemon)
    client.socket.pause()
    send(client)
    await expect.poll(() => cutOff(daemon), { timeout: 20_000 }).toBe(before + 1)
    client.socket.resume()
    expect(await client.closed).toBe(4508)
  })

  test('of many, each costs no more than its bound, and another client is served', async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, connect))
    let most = 0
    for (const client of clients) await stall(client)
    for (let round = 0; round < 10; round += 1) {
      most = Math.max(most, await buffered())
      await using other = await connect()
      expect((await other.ask(`How tall is tower ${round}?`)).last?.type).toBe('done')
    }
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThanOrEqual(clients.length * BOUND)
    await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()))
  })

  test('comes back and resumes its answer', async () => {
    const words = Array.from({ length: 30_000 }, (_, index) => ` word-${index}`)
    reply = streaming([...words, ' [1].'])
    await using client = await connect()
    const id = client.begin('Which tower is tall?', { engine: 'fake', cache: false })
    const { epoch, seq, text } = await client.wait('delta', id)
    const before = cutOff(daemon)
    // Beside what it does not read of its answer, what it has asked for fills the buffer.
    flood(client)
    await expect.poll(() => cutOff(daemon)).toBeGreaterThan(before)
    await using again = await connect()
    again.send({ type: 'resume', id, epoch, seq })
    const rest = await again.events(id)
    expect(text + textOf(rest)).toBe(answerOf({ id, events: rest, last: rest.at(-1) }).text)
  })

  test('not even pings is closed with 4508', async () => {
    await using client = await connect()
    const before = cutOff(daemon)
    client.socket.pause()
    await expect.poll(() => cutOff(daemon), { timeout: 20_000 }).toBe(before + 1)
    client.socket.resume()
    expect(await client.closed).toBe(4508)
  })
})

describe('a client that reads slowly', () => {
  test('gets a long answer whole', async () => {
    reply = endless
    await using client = await greeted(daemon, daemon.token)
    const asked = client.ask('Tell me slowly?', { engine: 'fake' })
    const slowly = setInterval(() => {
      client.socket.pause()
      setTimeout(() => client.socket.resume(), 40)
    }, 50)
    const { events, last } = await asked
    clearInterval(slowly)
    client.socket.resume()
    expect(last).toMatchObject({ type: 'done' })
    expect(textOf(events)).toBe(`${PIECE.repeat(PIECES)}end [1].`)
  }, 60_000)

  test('gets a message that is larger than the bound', async () => {
    reply = streaming([`${'long words '.repeat(3000)}end [1].`])
    await using client = await connect()
    let conversation: string | undefined
    for (let count = 0; count < 20; count += 1) {
      const asked = await client.ask(`And number ${count}?`, { engine: 'fake', cache: false, conversation })
      conversation = answerOf(asked).conversation
    }
    const id = randomUUID()
    client.socket.pause()
    client.send({ type: 'history', id, conversation, limit: 200 })
    const search = randomUUID()
    client.send({ type: 'search', id: search, query: 'tower', limit: 100 })
    client.send({ type: 'nonsense', id: 'after' })
    await sleep(STALL_MS / 4)
    client.socket.resume()
    const { turns } = await client.wait('turns', id)
    expect(JSON.stringify(turns).length).toBeGreaterThan(2 * BOUND)
    await client.wait('results', search)
    await client.wait('error', 'after')
  }, 60_000)
})

test('sockets that have gone hold nothing', async () => {
  const client = await connect()
  await stall(client)
  client.socket.terminate()
  if (client.socket.readyState !== client.socket.CLOSED) await once(client.socket, 'close')
  await expect.poll(buffered, { timeout: 5000 }).toBe(0)
})

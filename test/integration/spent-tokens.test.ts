/** Tokens count against the limit of the day however an answer ends. */
import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { COMPLETIONS_PREFIX } from '../../src/api/completions.ts'
import { estimatedPromptTokens, estimatedTokens } from '../../src/generate/engines/token-estimate.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { withClient } from '../support/database.ts'
import { type FakeOpenai, fakeOpenai, open, type Reply, streaming, write } from '../support/fake-openai.ts'
import { describePostgres } from '../support/postgres.ts'
import { greeted } from '../support/raw-socket.ts'
import { startReplicas } from '../support/replicas.ts'
import { upload } from '../support/upload.ts'

const QUESTION = 'How long does Murka sleep?'
const TEXT = 'Murka the cat sleeps sixteen hours a day. She eats fish.\n'
/** What the engine writes of an answer that it does not end. */
const BEGINNING = 'Murka sleeps sixteen'

let engine: FakeOpenai
let reply: Reply = () => {}

beforeAll(async () => {
  engine = await fakeOpenai((response, request) => reply(response, request))
})
afterAll(() => engine[Symbol.asyncDispose]())
beforeEach(() => {
  reply = begin
})

function begin(response: ServerResponse): void {
  open(response)
  write(response, { choices: [{ index: 0, delta: { content: BEGINNING }, finish_reason: null }] })
}

const environment = (more: Record<string, string> = {}) => ({
  CHATBOT_ENGINES_FAKE_BASE_URL: engine.baseUrl,
  CHATBOT_ENGINES_FAKE_MODEL: 'fake',
  CHATBOT_ENGINES_FAKE_RETRIES: '0',
  CHATBOT_ANSWER_ENGINE: 'fake',
  ...more,
})

/** A new program with a key, on a socket. */
async function newcomer(daemon: TestDaemon) {
  const { key } = await daemon.api.call('createKey', { body: { name: `k-${randomUUID()}` } })
  const socket = await greeted(daemon, key)
  const [welcome] = socket.messages
  const user = welcome?.type === 'welcome' ? welcome.user : undefined
  const ask = async () => (await socket.ask(QUESTION, { cache: false })).last
  return { key, user, socket, ask, [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose]() }
}

const USED_UP = {
  type: 'error',
  code: 'rate_limited',
  message: expect.stringContaining("You have used up today's 50 tokens."),
}

test('an answer that is cancelled, cut off or left in the middle uses up the tokens of the day', async () => {
  await using daemon = await startTestDaemon({ env: environment({ CHATBOT_LIMITS_TOKENS_PER_DAY: '50' }) })
  await upload(daemon, 'default', 'cats.md', TEXT)

  await using canceller = await newcomer(daemon)
  const cancelled = canceller.socket.begin(QUESTION, { cache: false })
  await canceller.socket.wait('delta', cancelled)
  canceller.socket.send({ type: 'cancel', id: cancelled })
  expect((await canceller.socket.events(cancelled)).at(-1)).toMatchObject({ code: 'cancelled' })
  expect(await canceller.ask()).toMatchObject(USED_UP)

  await using leaver = await newcomer(daemon)
  const leaving = new AbortController()
  const body = JSON.stringify({
    model: 'chatbot',
    stream: true,
    messages: [{ role: 'user', content: QUESTION }],
  })
  const response = await fetch(`http://${daemon.host}${COMPLETIONS_PREFIX}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${leaver.key}`, 'content-type': 'application/json' },
    body,
    signal: leaving.signal,
  })
  expect(response.status).toBe(200)
  leaving.abort()
  await expect.poll(async () => (await daemon.api.call('status', {})).asksInFlight).toBe(0)
  expect(await leaver.ask()).toMatchObject(USED_UP)

  reply = (cut) => {
    begin(cut)
    cut.socket?.destroySoon()
  }
  await using unlucky = await newcomer(daemon)
  expect(await unlucky.ask()).toMatchObject({ code: 'engine_failed' })
  expect(await unlucky.ask()).toMatchObject(USED_UP)

  reply = (down) => void down.writeHead(500).end()
  await using refused = await newcomer(daemon)
  for (let time = 0; time < 2; time += 1) {
    expect(await refused.ask()).toMatchObject({ code: 'engine_failed' })
  }
})

describePostgres('of two daemons on PostgreSQL', () => {
  test('each attempt at an answer costs its own tokens, once', async () => {
    await using replicas = await startReplicas(environment({ CHATBOT_SERVER_DRAIN_MS: '100' }))
    const { one, two } = replicas
    await upload(one, 'default', 'cats.md', TEXT)
    await using asker = await newcomer(one)
    engine.requests.length = 0
    const id = asker.socket.begin(QUESTION, { cache: false })
    await asker.socket.wait('delta', id)
    reply = streaming([`${BEGINNING} hours [1].`])
    one.process.kill('SIGTERM')
    await one.exited
    await using again = await greeted(two, asker.key)
    expect((await again.ask(QUESTION, { id, cache: false })).last).toMatchObject({ type: 'done', epoch: 2 })

    expect(engine.requests).toHaveLength(2)
    const prompt = engine.requests[0]?.messages ?? []
    const first = Math.ceil(estimatedPromptTokens(prompt) + estimatedTokens(BEGINNING))
    const second = 120
    await withClient({ connectionString: replicas.connectionString }, async (client) => {
      const { rows } = await client.query('SELECT tokens::int FROM token_use WHERE subject = $1', [
        asker.user,
      ])
      expect(rows).toEqual([{ tokens: first + second }])
    })
  })
})

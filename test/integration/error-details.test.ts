/** What fails behind the daemon is named to its users, and where it stands is not: that is for the log and the machine's user. */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { API_PREFIX } from '../../src/api/routes.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { createDatabase } from '../support/database.ts'
import { failing, fakeOpenai } from '../support/fake-openai.ts'
import { type FaultProxy, faultProxy } from '../support/fault-proxy.ts'
import { describePostgres } from '../support/postgres.ts'
import { greeted, rawSocket } from '../support/raw-socket.ts'
import { until } from '../support/until.ts'
import { upload } from '../support/upload.ts'

const QUESTION = 'How high is the tower of Testville?'
const API_KEY = 'sk-of-the-engine'
const SECRET_WORDS = 'model file /srv/models/secret.gguf on gpu-7.internal'

async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

const ingest = (daemon: TestDaemon) =>
  upload(
    daemon,
    'default',
    'tower.md',
    '# The tower\n\nThe tower of Testville was built in 1887. It is 41 metres high.',
  )

/** Whatever a client with this token is told, by every way: the text of all responses and messages. */
async function everything(daemon: TestDaemon, token: string, engines: readonly string[]): Promise<string[]> {
  const told: string[] = []
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const http = async (path: string, body?: object) => {
    const init = body === undefined ? { headers } : { headers, method: 'POST', body: JSON.stringify(body) }
    const response = await fetch(`http://${daemon.host}${path}`, init)
    told.push(`${path} ${response.status} ${await response.text()}`)
  }
  for (const path of ['/readyz', '/healthz', '/v1/models']) await http(path)
  for (const path of [
    '/status',
    '/engines',
    '/collections',
    '/conversations',
    '/index',
    '/jobs',
    '/auth/me',
    '/cache',
  ])
    await http(API_PREFIX + path)
  await http(`${API_PREFIX}/search`, { query: QUESTION })
  for (const engine of engines) {
    for (const stream of [false, true]) {
      const messages = [{ role: 'user', content: QUESTION }]
      await http('/v1/chat/completions', { model: `chatbot@${engine}`, stream, messages })
    }
  }
  await using socket = await rawSocket(`ws://${daemon.host}/ws`)
  socket.send({ type: 'hello', token })
  const ended = await Promise.race([socket.closed, socket.wait('welcome')])
  if (typeof ended === 'number') return [...told, `socket closed ${ended}`]
  await Promise.all(engines.map((engine) => socket.ask(QUESTION, { engine, cache: false })))
  for (const type of ['search', 'history'] as const) {
    const id = randomUUID()
    socket.send({ type, id, query: QUESTION, conversation: randomUUID() })
    await Promise.race([socket.wait('error', id), socket.wait('results', id)])
  }
  return [...told, ...socket.messages.map((message) => JSON.stringify(message))]
}

/** A port's number is looked for as a whole: the digits of one stand in some id by chance. */
const tells = (text: string, part: string | number) =>
  /^\d+$/.test(String(part)) ? new RegExp(`\\b${part}\\b`).test(text) : text.includes(String(part))

function expectNothingOf(told: readonly string[], hidden: readonly (string | number)[]): void {
  const leaks = told.flatMap((text) =>
    [...hidden, '127.0.0.1', 'localhost', 'ECONN', 'ENOENT', 'errno', 'SELECT', 'select ', 'node:']
      .filter((part) => tells(text, part))
      .map((part) => `${part} in ${text}`),
  )
  expect(leaks).toEqual([])
}

describe('engines and Redis that fail', () => {
  let daemon: TestDaemon
  let engine: Awaited<ReturnType<typeof fakeOpenai>>
  let reader: string
  let hidden: (string | number)[]
  const ENGINES = ['down', 'refusing', 'broken', 'unread', 'silent', 'resting']
  beforeAll(async () => {
    const [enginePort, redisPort] = [await closedPort(), await closedPort()]
    const statuses: Record<string, number> = { refusing: 401, broken: 500, unread: 404 }
    engine = await fakeOpenai((response, { model }) => {
      const status = statuses[model]
      if (status === undefined) return
      return failing(status, `${SECRET_WORDS}; key ${API_KEY}`)(response, {
        model,
        stream: true,
        messages: [],
        authorization: undefined,
      })
    })
    const remote = (name: string, baseUrl: string) => ({
      [`CHATBOT_ENGINES_${name.toUpperCase()}_BASE_URL`]: baseUrl,
      [`CHATBOT_ENGINES_${name.toUpperCase()}_MODEL`]: name,
      [`CHATBOT_ENGINES_${name.toUpperCase()}_API_KEY`]: API_KEY,
      [`CHATBOT_ENGINES_${name.toUpperCase()}_RETRIES`]: '0',
      [`CHATBOT_ENGINES_${name.toUpperCase()}_TIMEOUT_MS`]: '1000',
    })
    const down = `http://127.0.0.1:${enginePort}/v1`
    daemon = await startTestDaemon({
      env: {
        REDIS_URL: `redis://:of-redis@127.0.0.1:${redisPort}/0`,
        ...remote('down', down),
        ...remote('resting', down),
        ...remote('refusing', engine.baseUrl),
        ...remote('broken', engine.baseUrl),
        ...remote('unread', engine.baseUrl),
        ...remote('silent', engine.baseUrl),
        CHATBOT_ENGINES_MISSING_KIND: 'local',
        CHATBOT_ENGINES_MISSING_MODEL: '/srv/models/missing',
        CHATBOT_ANSWER_FALLBACKS: 'extractive',
      },
    })
    hidden = [
      enginePort,
      redisPort,
      new URL(engine.baseUrl).port,
      daemon.dataDir,
      '/srv/models',
      'gpu-7',
      API_KEY,
      'of-redis',
    ]
    await ingest(daemon)
    reader = (await daemon.api.call('createKey', { body: { name: 'reader' } })).key
  }, 120_000)
  afterAll(async () => {
    await daemon?.[Symbol.asyncDispose]()
    await engine?.[Symbol.asyncDispose]()
  })

  test('a reader is told which, and not where; the log and the machine’s user are', async () => {
    const told = await everything(daemon, reader, [...ENGINES, 'missing'])
    expectNothingOf(told, hidden)
    const all = told.join('\n')
    for (const name of ENGINES) expect(all).toContain(`engine ${name}`)
    expect(all).toContain('"status":"degraded"')
    expect(daemon.log()).toContain(SECRET_WORDS)
    expect(daemon.log()).toContain(String(hidden[0]))

    const toOwner = (await everything(daemon, daemon.token, [...ENGINES, 'missing'])).join('\n')
    for (const part of [hidden[1], '/srv/models/missing']) expect(toOwner).toContain(String(part))
    await using local = await greeted(daemon)
    const { events } = await local.ask(QUESTION, { engine: 'down', cache: false })
    expect(JSON.stringify(events)).toContain(String(hidden[0]))
  }, 60_000)

  test('an engine that rests does not tell where either; an administrator’s key is told no more by a request', async () => {
    const admin = (
      await daemon.api.call('createKey', { body: { name: `admin-${randomUUID()}`, role: 'admin' } })
    ).key
    for (let turn = 0; turn < 3; turn += 1)
      expectNothingOf(await everything(daemon, reader, ['resting']), hidden)
    const engines = async (token: string) =>
      (
        await fetch(`http://${daemon.host}${API_PREFIX}/engines`, {
          headers: { authorization: `Bearer ${token}` },
        })
      ).text()
    expect(await engines(reader)).toContain('"state":"resting"')
    expectNothingOf([await engines(reader), await engines(admin)], hidden)
    // The last failure's words may quote what another asker wrote: its code alone is told, to everybody.
    expectNothingOf([await engines(daemon.token)], [SECRET_WORDS])
    const status = await fetch(`http://${daemon.host}${API_PREFIX}/status`, {
      headers: { authorization: `Bearer ${admin}` },
    })
    expect(await status.text()).toContain(String(hidden[1]))
  }, 60_000)
})

describePostgres('a database that fails', () => {
  let daemon: TestDaemon
  let proxy: FaultProxy
  let drop: () => Promise<void>
  let reader: string
  beforeAll(async () => {
    const database = await createDatabase()
    drop = database.drop
    proxy = await faultProxy({ url: database.connectionString })
    daemon = await startTestDaemon({
      env: {
        DATABASE_URL: proxy.url,
        CHATBOT_DATABASE_CONNECT_TIMEOUT_MS: '5000',
        CHATBOT_DATABASE_STATEMENT_TIMEOUT_MS: '10000',
      },
    })
    await ingest(daemon)
    reader = (await daemon.api.call('createKey', { body: { name: 'reader' } })).key
  }, 120_000)
  afterAll(async () => {
    proxy?.heal()
    await daemon?.[Symbol.asyncDispose]()
    await proxy?.[Symbol.asyncDispose]()
    await drop?.()
  })

  test('a reader is told that it does, and not where it is', async () => {
    const { pathname, username, password } = new URL(proxy.url)
    const hidden = [
      proxy.port,
      pathname,
      username === 'chatbot' ? '"chatbot"' : username,
      password,
      daemon.dataDir,
    ]
    await using greetedBefore = await greeted(daemon, reader)
    proxy.down()
    try {
      const told = await everything(daemon, reader, ['extractive'])
      const search = randomUUID()
      greetedBefore.send({ type: 'search', id: search, query: QUESTION })
      for (const id of [greetedBefore.begin(QUESTION), search])
        told.push(JSON.stringify(await greetedBefore.wait('error', id)))
      expectNothingOf(told, hidden)
      expect(told.join('\n')).toContain('The database does not respond')
      expect(await until(async () => (daemon.log().includes('ECONNRESET') ? 'told' : undefined))).toBe('told')
      const owner = await fetch(`http://${daemon.host}${API_PREFIX}/collections`, {
        headers: { authorization: `Bearer ${daemon.token}` },
      })
      expect(await owner.text()).toMatch(/The database does not respond.*\(.*\)/)
    } finally {
      proxy.heal()
    }
  }, 60_000)
})

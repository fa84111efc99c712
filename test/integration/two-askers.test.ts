/**
 * Two askers with the same ids, the same questions and the same words, through everything that the daemon keeps and
 * shares (docs/SECURITY.md, memo keys): nothing of one reaches the other.
 */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { createDatabase } from '../support/database.ts'
import { type FakeOpenai, failing, fakeOpenai, type Reply, streaming } from '../support/fake-openai.ts'
import { describePostgres } from '../support/postgres.ts'
import { greeted, type RawSocket } from '../support/raw-socket.ts'
import { describeRedis, ownPrefix, redisUrl } from '../support/redis.ts'
import { upload } from '../support/upload.ts'

const QUESTION = 'What is the code of the vault?'
// Words that no id or number contains by chance.
const CODES = { anna: 'amber', boris: 'violet' } as const
type Name = keyof typeof CODES

const documentOf = (name: Name) => `The code of the vault is ${CODES[name]}. The vault is made of steel.\n`

let engine: FakeOpenai
let reply: Reply
/** Says the code that it was shown; summaries say what they were made of. */
const obedient: Reply = (response, request) => {
  const shown = request.messages.map(({ content }) => content).join('\n')
  const isSummary = shown.startsWith('You summarise')
  const said = isSummary ? /SECRET-\w+/.exec(shown)?.[0] : /code of the vault is (\w+)/.exec(shown)?.[1]
  return streaming([isSummary ? `They spoke of ${said}.` : `The code is ${said} [1].`])(response, request)
}

beforeAll(async () => {
  engine = await fakeOpenai((response, request) => reply(response, request))
})
afterAll(() => engine[Symbol.asyncDispose]())
beforeEach(() => {
  reply = obedient
})

function askerTests(where: () => Promise<{ env: Record<string, string>; drop: () => Promise<void> }>): void {
  let daemon: TestDaemon
  let drop: () => Promise<void>
  const sockets = new Map<Name, RawSocket>()

  beforeAll(async () => {
    const { env, ...place } = await where()
    drop = place.drop
    daemon = await startTestDaemon({
      env: {
        ...env,
        CHATBOT_ENGINES_FAKE_BASE_URL: engine.baseUrl,
        CHATBOT_ENGINES_FAKE_MODEL: 'fake',
        CHATBOT_ENGINES_FAKE_RETRIES: '0',
        CHATBOT_ENGINES_FAKE_CONTEXT_TOKENS: '2600',
        CHATBOT_ENGINES_FAKE_MAX_TOKENS: '500',
      },
    })
    for (const name of ['anna', 'boris'] as const) {
      await daemon.api.call('createCollection', { body: { name } })
      await upload(daemon, name, 'vault.md', documentOf(name))
      const { key } = await daemon.api.call('createKey', { body: { name, collections: [name] } })
      sockets.set(name, await greeted(daemon, key))
    }
  }, 180_000)
  afterAll(async () => {
    for (const socket of sockets.values()) await socket[Symbol.asyncDispose]()
    await daemon?.[Symbol.asyncDispose]()
    await drop?.()
  })

  const socketOf = (name: Name) => {
    const socket = sockets.get(name)
    if (socket === undefined) throw new Error(`no socket of ${name}`)
    return socket
  }

  /** All that the asker gets to see. */
  async function ask(name: Name, id: string, more: Record<string, unknown> = {}): Promise<string> {
    return JSON.stringify((await socketOf(name).ask(QUESTION, { ...more, id })).events)
  }

  function expectOwn(name: Name, seen: string): void {
    expect(seen).toContain(CODES[name])
    expect(seen).not.toContain(CODES[name === 'anna' ? 'boris' : 'anna'])
  }

  test.each([
    ['rules', {}],
    ['an engine', { engine: 'fake' }],
  ])('the same questions at once and again, under the same ids, by %s', async (_by, more) => {
    await daemon.api.call('clearCache', {})
    // At once: one flight, leases, streams. Later: remembered collections, cached answers, passages and vectors.
    for (let round = 0; round < 3; round += 1) {
      const id = randomUUID()
      const [anna, boris] = await Promise.all([ask('anna', id, more), ask('boris', id, more)])
      expectOwn('anna', anna)
      expectOwn('boris', boris)
      expect(boris).toContain(round === 0 ? '"cached":false' : '"tier":"exact"')
    }
  })

  test('the same searches', async () => {
    for (let round = 0; round < 2; round += 1) {
      const id = randomUUID()
      for (const name of ['anna', 'boris'] as const) {
        socketOf(name).send({ type: 'search', id, query: QUESTION })
        expectOwn(name, JSON.stringify(await socketOf(name).wait('results', id)))
      }
    }
  })

  test('the cancel of one does not end the answer of the other', async () => {
    const id = randomUUID()
    const hold = Promise.withResolvers<void>()
    const asked = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let count = 0
    reply = async (response, request) => {
      asked[count++]?.resolve()
      await hold.promise
      if (!response.destroyed) await obedient(response, request)
    }
    const more = { engine: 'fake', cache: false }
    const both = [ask('anna', id, more), ask('boris', id, more)]
    await Promise.all(asked.map(({ promise }) => promise))
    socketOf('anna').send({ type: 'cancel', id })
    expect(await both[0]).toContain('"cancelled"')
    hold.resolve()
    expectOwn('boris', (await both[1]) ?? '')
  })

  test('conversations that are told, word for word of one length and without ids', async () => {
    const told = (secret: string) =>
      Array.from({ length: 6 }, (_, turn) => ({
        question: `What of tower ${turn}?`,
        answer: `It is of ${secret}. ${'More of it. '.repeat(120)}`,
      }))
    engine.requests.length = 0
    await ask('anna', randomUUID(), { engine: 'fake', history: told('SECRET-anna') })
    expect(JSON.stringify(engine.requests.at(-1))).toContain('They spoke of SECRET-anna')
    engine.requests.length = 0
    const seen = await ask('boris', randomUUID(), { engine: 'fake', history: told('SECRET-bori') })
    expect(seen + JSON.stringify(engine.requests)).not.toContain('SECRET-anna')
    expect(JSON.stringify(engine.requests.at(-1))).toContain('They spoke of SECRET-bori')
  })

  test('an engine that rests says nothing of what it was asked last', async () => {
    const more = { engine: 'fake', cache: false }
    reply = failing(500, `I refuse to answer: ${QUESTION} SECRET-anna`)
    for (let time = 0; time < 3; time += 1)
      expect(await ask('anna', randomUUID(), more)).toContain('engine_failed')
    const seen = await ask('boris', randomUUID(), more)
    expect(seen).toContain('rests')
    expect(seen).not.toContain('SECRET')
    expect(JSON.stringify(await daemon.api.call('listEngines', {}))).not.toContain('SECRET')
  })
}

describe('on a daemon alone', () => askerTests(async () => ({ env: {}, drop: async () => {} })))

describePostgres('on PostgreSQL', () => {
  describeRedis('and Redis', () =>
    askerTests(async () => {
      const { connectionString, drop } = await createDatabase()
      const env = {
        DATABASE_URL: connectionString,
        REDIS_URL: redisUrl(),
        CHATBOT_REDIS_KEY_PREFIX: ownPrefix(),
      }
      return { env, drop }
    }),
  )
})

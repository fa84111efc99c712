/** Readers that come back, to any daemon: they get what they lack, with the numbers that it always had. */
import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ask } from '../../examples/resuming-client.mjs'
import { API_PREFIX } from '../../src/api/routes.ts'
import type { ServerMessage } from '../../src/protocol/messages.ts'
import type { TestDaemon } from '../support/daemon.ts'
import { type FaultProxy, faultProxy } from '../support/fault-proxy.ts'
import { finish, type HalfEngine, halfEngine, say } from '../support/half-engine.ts'
import { describePostgres } from '../support/postgres.ts'
import { greeted } from '../support/raw-socket.ts'
import { describeRedis, redisUrl } from '../support/redis.ts'
import { type Replicas, startReplicas } from '../support/replicas.ts'
import { upload } from '../support/upload.ts'

let engine: HalfEngine
beforeAll(async () => {
  engine = await halfEngine()
})
afterAll(() => engine[Symbol.asyncDispose]())
beforeEach(() => engine.reset())

const REST = ' and the second [1].'
const WHOLE = 'The first half and the second [1].'
const QUESTION = 'How long does Murka sleep?'

const environment = (more: Record<string, string> = {}) => ({
  CHATBOT_ENGINES_FAKE_BASE_URL: engine.baseUrl,
  CHATBOT_ENGINES_FAKE_MODEL: 'fake',
  CHATBOT_ENGINES_FAKE_CONTINUATION: 'message',
  CHATBOT_ANSWER_ENGINE: 'fake',
  CHATBOT_ANSWER_LEASE_MS: '2000',
  CHATBOT_SERVER_DRAIN_MS: '100',
  ...more,
})

const numbered = (events: readonly ServerMessage[]) =>
  events.filter((event) => 'seq' in event && event.seq !== undefined)

/** What a daemon sends to who resumes after this event. */
async function resumed(daemon: TestDaemon, id: string, epoch = 0, seq = 0): Promise<ServerMessage[]> {
  await using socket = await greeted(daemon)
  socket.send({ type: 'resume', id, epoch, seq })
  return await socket.events(id)
}

/** An answer that was asked of one daemon and is complete. */
async function answered({ one }: Replicas) {
  await using socket = await greeted(one)
  const id = socket.begin(QUESTION, { cache: false })
  finish(await engine.generation(1), REST)
  const events = numbered(await socket.events(id))
  return { id, events, end: events.at(-1) }
}

const endOf = (events: readonly ServerMessage[]) => {
  const last = events.at(-1)
  if (last?.type !== 'done') throw new Error('it is not done')
  return last
}

describePostgres('an answer of two daemons on PostgreSQL', () => {
  describeRedis('and Redis', () => {
    let replicas: Replicas
    let redis: FaultProxy
    let postgres: FaultProxy
    beforeAll(async () => {
      redis = await faultProxy({ url: redisUrl() })
      postgres = await faultProxy({ url: process.env.DATABASE_URL_TEST ?? '' })
      replicas = await startReplicas(environment({ REDIS_URL: redis.url }), postgres)
      await upload(replicas, 'default', 'cats.md', 'Murka the cat sleeps sixteen hours a day.\n')
    })
    afterAll(async () => {
      await replicas?.[Symbol.asyncDispose]()
      await redis?.[Symbol.asyncDispose]()
      await postgres?.[Symbol.asyncDispose]()
    })

    it('brings exactly the missing events, with their numbers, from either daemon, also after its end', async () => {
      const { one, two } = replicas
      await using socket = await greeted(one)
      const id = socket.begin(QUESTION, { cache: false })
      const response = await engine.generation(1)
      const { epoch, seq } = await socket.wait('delta', id)
      await using other = await greeted(two)
      other.send({ type: 'resume', id, epoch, seq: seq - 1 })
      // A shorter answer would have no stream.
      await other.wait('delta', id)
      finish(response, REST)
      const events = numbered(await socket.events(id))
      const rest = events.filter((event) => 'seq' in event && (event.seq ?? 0) > seq)
      expect((await other.events(id)).slice(1)).toEqual(rest)
      expect(rest.length).toBeGreaterThan(2)
      for (const daemon of [one, two]) {
        expect(await resumed(daemon, id, epoch, seq)).toEqual(rest)
        expect(await resumed(daemon, id)).toEqual(events)
        await using again = await greeted(daemon)
        expect(numbered((await again.ask(QUESTION, { id, cache: false })).events)).toEqual(events)
      }
    })

    it('is a snapshot and its end, with its number, where the events are forgotten', async () => {
      const { id, end } = await answered(replicas)
      const client = new Redis(redisUrl())
      for (const key of await client.keys('*:log:*')) await client.del(key)
      client.disconnect()
      const { epoch, seq } = endOf(end === undefined ? [] : [end])
      expect(await resumed(replicas.two, id, 1, 3)).toEqual([
        { type: 'snapshot', id, epoch, seq: seq - 1, text: WHOLE },
        end,
      ])
      // What lacks only the end gets only the end; so does who has it.
      expect(await resumed(replicas.two, id, epoch, seq - 1)).toEqual([end])
      expect(await resumed(replicas.two, id, epoch, seq)).toEqual([end])
    })

    it('cannot be resumed by another, nor after what was not yet', async () => {
      const { id } = await answered(replicas)
      expect(await resumed(replicas.two, randomUUID())).toMatchObject([
        { type: 'error', code: 'unknown_answer' },
      ])
      expect(await resumed(replicas.two, id, 7, 1)).toMatchObject([{ type: 'error', code: 'bad_message' }])
    })

    it('goes on for followers when Redis is back', async () => {
      const { one, two } = replicas
      await using socket = await greeted(one)
      const id = socket.begin(QUESTION, { cache: false })
      const response = await engine.generation(1)
      await using other = await greeted(two)
      other.send({ type: 'resume', id, epoch: 0, seq: 0 })
      await other.wait('delta', id)
      redis.down()
      say(response, ', a pause')
      await socket.wait('delta', id)
      redis.heal()
      await other.wait('delta', id)
      finish(response, REST)
      expect(await other.events(id)).toEqual(numbered(await socket.events(id)))
    })

    it('waits at its end for a database that is away, and is stored as it was shown', async () => {
      await using socket = await greeted(replicas.one)
      const id = socket.begin(QUESTION, { cache: false })
      const response = await engine.generation(1)
      await socket.wait('delta', id)
      postgres.down()
      finish(response, REST)
      await expect
        .poll(() => socket.messages.some((event) => event.type === 'stage' && event.stage === 'storing'))
        .toBe(true)
      postgres.heal()
      expect(endOf(await socket.events(id))).toMatchObject({ epoch: 1, answer: { text: WHOLE } })
      expect(engine.begun()).toBe(1)
    })

    it('goes on with what was shown when its daemon is killed', async () => {
      const { one, two } = replicas
      const third = await replicas.another()
      await using socket = await greeted(third)
      const id = socket.begin(QUESTION, { cache: false })
      await engine.generation(1)
      await expect.poll(() => socket.messages.some(({ type }) => type === 'delta')).toBe(true)
      const shown = await socket.wait('delta', id)
      await using follower = await greeted(one)
      follower.send({ type: 'resume', id, epoch: 0, seq: 0 })
      await follower.wait('delta', id)
      third.process.kill('SIGKILL')
      const again = await engine.generation(2)
      // It was told to go on with the text.
      expect(engine.requests.at(-1)?.messages.at(-1)).toEqual({ role: 'assistant', content: shown.text })
      finish(again, REST)
      const events = await follower.events(id)
      expect(events.find(({ type }) => type === 'restart')).toMatchObject({
        epoch: 2,
        seq: 1,
        keep: shown.text.length,
      })
      expect(endOf(events).answer.text).toContain('The first half')
      expect(await resumed(two, id)).toEqual(events)
    })

    it('is not made again for a request that is gone with its daemon', async () => {
      const third = await replicas.another()
      const id = randomUUID()
      const asking = fetch(`http://${third.host}${API_PREFIX}/asks`, {
        method: 'POST',
        headers: { authorization: `Bearer ${replicas.token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ id, question: QUESTION, cache: false }),
      }).catch(() => 'gone')
      await engine.generation(1)
      third.process.kill('SIGKILL')
      expect(await asking).toBe('gone')
      const client = new pg.Client(replicas.connectionString)
      await client.connect()
      const state = async () =>
        (await client.query<{ state: string }>('SELECT state FROM answers WHERE id = $1', [id])).rows[0]
          ?.state
      await expect.poll(state).toBe('interrupted')
      await client.end()
      expect(engine.begun()).toBe(1)
    })

    it('is one for the client of docs/PROTOCOL.md, whose socket and daemon go', async () => {
      const { one, front, token } = replicas
      replicas.moveTo(one)
      let shown = ''
      const asked = ask({
        urls: [`ws://127.0.0.1:${front.port}/ws`],
        token,
        question: QUESTION,
        cache: false,
        onMessage: (_message, text) => {
          shown = text
        },
      })
      const response = await engine.generation(1)
      await expect.poll(() => shown).toContain('The first half')
      replicas.moveTo(replicas.two)
      finish(response, REST)
      expect(await asked).toMatchObject({ text: WHOLE })
      expect(shown).toBe(WHOLE)
    })
  })

  describe('without Redis', () => {
    let replicas: Replicas
    beforeAll(async () => {
      replicas = await startReplicas(environment())
      await upload(replicas, 'default', 'cats.md', 'Murka the cat sleeps sixteen hours a day.\n')
    })
    afterAll(() => replicas?.[Symbol.asyncDispose]())

    it('comes whole, with the number of its end, from the other daemon', async () => {
      await using socket = await greeted(replicas.one)
      const id = socket.begin(QUESTION, { cache: false })
      const response = await engine.generation(1)
      await using other = await greeted(replicas.two)
      other.send({ type: 'resume', id, epoch: 1, seq: 2 })
      finish(response, REST)
      const end = endOf(await socket.events(id))
      expect(await other.events(id)).toMatchObject([
        { type: 'snapshot', epoch: 1, seq: end.seq - 1, text: WHOLE },
        { type: 'done', epoch: 1, seq: end.seq },
      ])
    })
  })
})

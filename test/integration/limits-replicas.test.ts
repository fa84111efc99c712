/** Two daemons behind one TCP address enforce one limit; without Redis each its own, and they say so. */
import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { API_PREFIX } from '../../src/api/routes.ts'
import type { TestDaemon } from '../support/daemon.ts'
import { type FakeOpenai, fakeOpenai, streaming } from '../support/fake-openai.ts'
import { type FaultProxy, faultProxy } from '../support/fault-proxy.ts'
import { describePostgres } from '../support/postgres.ts'
import { greeted, type RawSocket } from '../support/raw-socket.ts'
import { describeRedis, redisUrl } from '../support/redis.ts'
import { type Replicas, startReplicas } from '../support/replicas.ts'
import { upload } from '../support/upload.ts'

const QUESTION = 'How long does Murka sleep?'
/** Requests and questions at once; the next comes after a minute. */
const BURST = 6

describePostgres('two daemons on PostgreSQL', () => {
  describeRedis('and Redis', () => {
    let engine: FakeOpenai
    /** Answers that the engine holds back until it is told; undefined: it answers at once. */
    let held: ServerResponse[] | undefined
    let redis: FaultProxy
    let replicas: Replicas
    const answer = streaming(['Sixteen hours a day.'])

    beforeAll(async () => {
      engine = await fakeOpenai((response, request) => {
        if (held === undefined) return answer(response, request)
        held.push(response)
      })
      redis = await faultProxy({ url: redisUrl() })
      replicas = await startReplicas({
        REDIS_URL: redis.url,
        CHATBOT_REDIS_COMMAND_TIMEOUT_MS: '5000',
        CHATBOT_ENGINES_FAKE_BASE_URL: engine.baseUrl,
        CHATBOT_ENGINES_FAKE_MODEL: 'fake',
        CHATBOT_ANSWER_ENGINE: 'fake',
        CHATBOT_LIMITS_REQUESTS_PER_MINUTE: '1',
        CHATBOT_LIMITS_REQUESTS_BURST: String(BURST),
        CHATBOT_LIMITS_QUESTIONS_PER_MINUTE: '1',
        CHATBOT_LIMITS_QUESTIONS_BURST: String(BURST),
        CHATBOT_LIMITS_ANSWERS_IN_FLIGHT: '2',
        CHATBOT_ANSWER_LEASE_MS: '3000',
        // An answer of the engine takes 120.
        CHATBOT_LIMITS_TOKENS_PER_DAY: '300',
      })
      await ingest(replicas)
    }, 180_000)
    afterAll(async () => {
      await replicas?.[Symbol.asyncDispose]()
      await redis?.[Symbol.asyncDispose]()
      await engine?.[Symbol.asyncDispose]()
    })

    const newKey = async () =>
      (await replicas.one.api.call('createKey', { body: { name: randomUUID() } })).key

    /** Through the proxy, on a connection of its own. */
    function request(path: string, key: string, body?: object): Promise<Response> {
      return fetch(`http://127.0.0.1:${replicas.front.port}${path}`, {
        headers: {
          authorization: `Bearer ${key}`,
          connection: 'close',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      })
    }
    const whoami = (key: string) => request(`${API_PREFIX}/auth/me`, key)
    const complete = (key: string) =>
      request('/v1/chat/completions', key, {
        model: 'chatbot',
        messages: [{ role: 'user', content: QUESTION }],
      })

    const socketOf = (key: string) =>
      greeted({ ...replicas.one, host: `127.0.0.1:${replicas.front.port}` }, key)
    const ask = async (socket: RawSocket) => (await socket.ask(QUESTION, { cache: false })).last

    test('requests a minute: 429 with the RateLimit headers and Retry-After', async () => {
      const key = await newKey()
      const left: string[] = []
      for (const daemon of [
        replicas.one,
        replicas.two,
        replicas.one,
        replicas.two,
        replicas.two,
        replicas.one,
      ]) {
        replicas.moveTo(daemon)
        const response = await whoami(key)
        expect(response.status).toBe(200)
        expect(response.headers.get('ratelimit-limit')).toBe(String(BURST))
        left.push(response.headers.get('ratelimit-remaining') ?? '')
      }
      expect(left).toEqual(['5', '4', '3', '2', '1', '0'])
      for (const daemon of [replicas.one, replicas.two]) {
        replicas.moveTo(daemon)
        const refused = await whoami(key)
        expect(refused.status).toBe(429)
        expect(refused.headers.get('ratelimit-limit')).toBe(String(BURST))
        expect(refused.headers.get('ratelimit-remaining')).toBe('0')
        expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
        expect(await refused.json()).toMatchObject({
          error: { code: 'rate_limited', retryAfterMs: expect.any(Number) },
        })
      }
      // Of this key alone.
      expect((await whoami(await newKey())).status).toBe(200)
    })

    test('questions a minute, over the socket and OpenAI’s API', async () => {
      const key = await newKey()
      const search = async (socket: RawSocket) => {
        const id = randomUUID()
        socket.send({ type: 'search', id, query: QUESTION })
        return Promise.race([socket.wait('results', id), socket.wait('error', id)])
      }
      replicas.moveTo(replicas.one)
      {
        await using socket = await socketOf(key)
        for (let index = 0; index < BURST - 1; index += 1) {
          expect(await search(socket)).toMatchObject({ type: 'results' })
        }
      }
      replicas.moveTo(replicas.two)
      await using socket = await socketOf(key)
      expect(await ask(socket)).toMatchObject({ type: 'done' })
      expect(await ask(socket)).toMatchObject({
        type: 'error',
        code: 'rate_limited',
        retryAfterMs: expect.any(Number),
      })
      const refused = await complete(key)
      expect(refused.status).toBe(429)
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
      const { error } = z.object({ error: z.object({ code: z.string() }) }).parse(await refused.json())
      expect(error.code).toBe('rate_limited')
    })

    test('answers in flight', async () => {
      const key = await newKey()
      const waiting: ServerResponse[] = []
      held = waiting
      replicas.moveTo(replicas.one)
      await using first = await socketOf(key)
      const running = ask(first)
      replicas.front.retarget(`http://${replicas.two.host}`)
      await using second = await socketOf(key)
      const also = ask(second)
      await expect.poll(() => waiting.length).toBe(2)
      for (const socket of [first, second]) {
        expect(await ask(socket)).toMatchObject({
          type: 'error',
          code: 'rate_limited',
          message: 'You may have 2 answers in flight at once. Wait for one to finish.',
          retryAfterMs: 1000,
        })
      }
      held = undefined
      for (const response of waiting) await answer(response, engine.requests[0] ?? never())
      expect(await running).toMatchObject({ type: 'done' })
      expect(await also).toMatchObject({ type: 'done' })
    })

    test('tokens a day', async () => {
      const key = await newKey()
      for (const daemon of [replicas.one, replicas.two, replicas.one]) {
        replicas.moveTo(daemon)
        await using socket = await socketOf(key)
        expect(await ask(socket)).toMatchObject({ type: 'done' })
      }
      for (const daemon of [replicas.one, replicas.two]) {
        replicas.moveTo(daemon)
        await using socket = await socketOf(key)
        expect(await ask(socket)).toMatchObject({
          code: 'rate_limited',
          message: expect.stringContaining("You have used up today's 300 tokens."),
          retryAfterMs: expect.any(Number),
        })
      }
    })

    test('without Redis each daemon counts for itself, and says so; with it they count together again', async () => {
      const key = await newKey()
      const allowed = async (daemon: TestDaemon, of: string) => {
        replicas.moveTo(daemon)
        const statuses = await Promise.all(
          Array.from({ length: BURST + 2 }, async () => (await whoami(of)).status),
        )
        return statuses.filter((status) => status === 200).length
      }
      redis.down()
      for (const daemon of [replicas.one, replicas.two]) {
        await expect
          .poll(() => health(daemon))
          .toMatchObject({
            status: 'degraded',
            detail: expect.stringContaining('Redis'),
          })
        const { components, ready } = await daemon.api.call('status', {})
        expect(ready).toBe(true)
        expect(components).toContainEqual({
          name: 'redis',
          state: 'degraded',
          detail: expect.stringContaining('each daemon counts limits separately'),
        })
        expect(await allowed(daemon, key)).toBe(BURST)
      }

      redis.heal()
      for (const daemon of [replicas.one, replicas.two]) {
        await expect.poll(() => health(daemon)).toMatchObject({ status: 'ok' })
      }
      const again = await newKey()
      expect((await allowed(replicas.one, again)) + (await allowed(replicas.two, again))).toBe(BURST)
    })

    // The last one: it ends a daemon.
    test('answers of a daemon that is killed count until another one has ended them', async () => {
      const key = await newKey()
      const waiting: ServerResponse[] = []
      held = waiting
      replicas.moveTo(replicas.one)
      await using gone = await socketOf(key)
      for (let count = 0; count < 2; count += 1) gone.begin(QUESTION, { cache: false })
      await expect.poll(() => waiting.length).toBe(2)
      replicas.one.process.kill('SIGKILL')
      await replicas.one.exited
      replicas.moveTo(replicas.two)
      await using socket = await socketOf(key)
      // Taken over: asked of the engine again.
      await expect.poll(() => waiting.length, { timeout: 60_000 }).toBe(4)
      expect(await ask(socket)).toMatchObject({ type: 'error', code: 'rate_limited' })
      held = undefined
      for (const response of waiting.slice(2)) await answer(response, engine.requests[0] ?? never())
      await expect.poll(async () => await ask(socket), { timeout: 60_000 }).toMatchObject({ type: 'done' })
    }, 180_000)
  })
})

async function health(daemon: TestDaemon): Promise<unknown> {
  return (await fetch(`http://${daemon.host}/readyz`)).json()
}

const ingest = ({ one }: Replicas) =>
  upload(one, 'default', 'cats.md', 'Murka the cat sleeps sixteen hours a day. She eats fish.\n')

function never(): never {
  throw new Error('the engine was not asked')
}

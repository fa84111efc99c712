/** Two daemons on one PostgreSQL and one Redis: answers move between them, and outlive the one that runs them. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type AskEvent, answerOf } from '../../src/client/client.ts'
import { connect } from '../../src/client/socket/connect.ts'
import { version } from '../../src/config/version.ts'
import { finish, type HalfEngine, halfEngine } from '../support/half-engine.ts'
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

const REST = ' and the second.'
const WHOLE = 'The first half and the second.'

const environment = (more: Record<string, string> = {}) => ({
  CHATBOT_ENGINES_FAKE_BASE_URL: engine.baseUrl,
  CHATBOT_ENGINES_FAKE_MODEL: 'fake',
  CHATBOT_ANSWER_ENGINE: 'fake',
  CHATBOT_ANSWER_LEASE_MS: '2000',
  CHATBOT_SERVER_DRAIN_MS: '100',
  ...more,
})

const ingest = (replicas: Replicas) =>
  upload(replicas, 'default', 'cats.md', 'Murka the cat sleeps sixteen hours a day. She eats fish.\n')

const chat = ({ endpoint }: Replicas) =>
  connect(endpoint, { version, reconnect: { firstMs: 20, longestMs: 200 } })

/** The events, and a promise of the first that fits. */
function collect(events: AsyncIterable<AskEvent>) {
  const seen: AskEvent[] = []
  const waiting: { fits: (event: AskEvent) => boolean; resolve: () => void }[] = []
  const all = (async () => {
    for await (const event of events) {
      seen.push(event)
      for (const { fits, resolve } of waiting) if (fits(event)) resolve()
    }
    return seen
  })()
  const until = (fits: (event: AskEvent) => boolean) =>
    new Promise<void>((resolve) => {
      if (seen.some(fits)) resolve()
      else waiting.push({ fits, resolve })
    })
  return { all, until }
}

/** What a reader of the events has in the end. */
function textOf(events: readonly AskEvent[]): string {
  let text = ''
  for (const event of events) {
    if (event.type === 'delta') text += event.text
    if (event.type === 'restart') text = text.slice(0, event.keep)
  }
  return text
}

const QUESTION = 'How long does Murka sleep?'
const isDelta = ({ type }: AskEvent) => type === 'delta'

function replicaTests(name: string, ending: 'SIGTERM' | 'SIGKILL', more: () => Record<string, string>): void {
  describe(name, () => {
    let replicas: Replicas
    beforeAll(async () => {
      replicas = await startReplicas(environment(more()))
      await ingest(replicas)
    })
    afterAll(() => replicas?.[Symbol.asyncDispose]())
    beforeEach(() => {
      engine.reset()
      replicas.moveTo(replicas.one)
    })

    it('a conversation moves from one to the other', async () => {
      await using client = await chat(replicas)
      const first = collect(client.ask({ question: QUESTION, cache: false }))
      finish(await engine.generation(1), REST)
      const answered = (await first.all).at(-1)
      if (answered?.type !== 'done') throw new Error('no answer')
      const { conversation } = answered.answer
      replicas.moveTo(replicas.two)
      const second = collect(client.ask({ question: 'And what does she eat?', conversation, cache: false }))
      // The follow-up is made standalone first.
      finish(await engine.generation(2), REST)
      finish(await engine.generation(3), REST)
      await second.all
      replicas.moveTo(replicas.one)
      const { turns } = await client.history(conversation)
      expect(turns.map(({ question, text }) => [question, text])).toEqual([
        [QUESTION, WHOLE],
        ['And what does she eat?', WHOLE],
      ])
    })

    it('an answer that runs on one goes on for a client that comes to the other', async () => {
      await using client = await chat(replicas)
      const asked = collect(client.ask({ question: QUESTION, cache: false }))
      const response = await engine.generation(1)
      await asked.until(isDelta)
      replicas.moveTo(replicas.two)
      // Let it come there before the rest does.
      await expect.poll(async () => (await replicas.two.api.call('status', {})).sockets).toBe(1)
      finish(response, REST)
      const events = await asked.all
      expect(events.at(-1)).toMatchObject({ type: 'done', answer: { text: WHOLE } })
      expect(textOf(events)).toBe(WHOLE)
      expect(events.map(({ type }) => type)).not.toContain('restart')
      expect(engine.begun()).toBe(1)
    })

    it('an answer is cancelled on the other', async () => {
      await using client = await chat(replicas)
      const id = randomUUID()
      const asked = collect(client.ask({ id, question: QUESTION, cache: false }))
      const response = await engine.generation(1)
      await asked.until(isDelta)
      await using other = await greeted(replicas.two)
      other.send({ type: 'cancel', id })
      expect((await asked.all).at(-1)).toMatchObject({ type: 'error', error: { code: 'cancelled' } })
      expect(response.destroyed || response.closed).toBe(true)
      expect((await other.ask(QUESTION, { id, cache: false })).last).toMatchObject({
        type: 'error',
        code: 'cancelled',
      })
    })

    it('an answer of one is in the cache of the other', async () => {
      await using client = await chat(replicas)
      const question = `${QUESTION} (${name})`
      await using extra = await greeted(replicas.one)
      const { last } = await extra.ask(question, { engine: 'extractive' })
      expect(last).toMatchObject({ type: 'done', answer: { cached: false } })
      replicas.moveTo(replicas.two)
      const again = await answerOf(client.ask({ question, engine: 'extractive' }))
      expect(again.cached).toMatchObject({ tier: 'exact', question })
    })

    it(`an answer outlives a daemon that is ended by ${ending}`, async () => {
      await using client = await chat(replicas)
      const asked = collect(client.ask({ question: QUESTION, cache: false }))
      await using gone = await greeted(replicas.one)
      await asked.until(isDelta)
      // Nobody waits for this one.
      const left = gone.begin(QUESTION, { cache: false })
      await engine.generation(2)
      replicas.front.retarget(`http://${replicas.two.host}`)
      replicas.one.process.kill(ending)
      finish(await engine.generation(3), REST)
      finish(await engine.generation(4), REST)
      const events = await asked.all
      expect(events.at(-1)).toMatchObject({ type: 'done', answer: { text: WHOLE } })
      expect(textOf(events)).toBe(WHOLE)
      await using other = await greeted(replicas.two)
      expect((await other.ask(QUESTION, { id: left, cache: false })).last).toMatchObject({
        type: 'done',
        epoch: 2,
      })
      expect(engine.begun()).toBe(4)
    })
  })
}

describePostgres('two daemons on PostgreSQL', () => {
  describeRedis('and Redis', () => replicaTests('together', 'SIGKILL', () => ({ REDIS_URL: redisUrl() })))
  replicaTests('without Redis', 'SIGTERM', () => ({}))
})

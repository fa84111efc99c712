/** A question that ends or blocks whatever daemon answers it is tried twice, and the others live on. */
import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { AskEvent } from '../../src/client/client.ts'
import { connect } from '../../src/client/socket/connect.ts'
import { version } from '../../src/config/version.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { type FakeOpenai, fakeOpenai, open, write } from '../support/fake-openai.ts'
import { describePostgres } from '../support/postgres.ts'
import { greeted } from '../support/raw-socket.ts'
import { readyDataDir } from '../support/ready.ts'
import { startReplicas } from '../support/replicas.ts'
import { upload } from '../support/upload.ts'

const QUESTION = 'How long does Murka sleep?'
const TEXT = 'Murka the cat sleeps sixteen hours a day. She eats fish.\n'

/** Begins an answer and does this to the daemon that asked for it. */
let poison = () => {}
let engine: FakeOpenai

beforeAll(async () => {
  engine = await fakeOpenai((response) => {
    open(response)
    write(response, { choices: [{ index: 0, delta: { content: 'Sixteen' }, finish_reason: null }] })
    poison()
  })
})
afterAll(() => engine[Symbol.asyncDispose]())
beforeEach(() => {
  engine.requests.length = 0
})

const environment = () => ({
  CHATBOT_ENGINES_FAKE_BASE_URL: engine.baseUrl,
  CHATBOT_ENGINES_FAKE_MODEL: 'fake',
  CHATBOT_ANSWER_LEASE_MS: '2000',
})

/** The last event. */
async function asked(daemon: TestDaemon, id: string, more: Record<string, unknown> = {}) {
  await using client = await greeted(daemon)
  return (await client.ask(QUESTION, { id, cache: false, ...more })).last
}

async function lastOf(events: AsyncIterable<AskEvent>): Promise<AskEvent | undefined> {
  let last: AskEvent | undefined
  for await (const event of events) last = event
  return last
}

const BY_POISON = { engine: 'fake' }
const isGivenUp = { type: 'error', code: 'given_up' }

async function lives(daemon: TestDaemon): Promise<void> {
  expect(await asked(daemon, randomUUID())).toMatchObject({ type: 'done', answer: { certainty: 'answered' } })
}

test('a daemon alone begins anew what it died with once, and gives up what it died with twice', async () => {
  const dataDir = await readyDataDir()
  const id = randomUUID()
  try {
    for (let death = 1; death <= 2; death += 1) {
      await using daemon = await startTestDaemon({ dataDir, env: environment() })
      if (death === 1) await upload(daemon, 'default', 'cats.md', TEXT)
      poison = () => daemon.process.kill('SIGKILL')
      await using client = await greeted(daemon)
      client.begin(QUESTION, { id, cache: false, ...BY_POISON })
      await daemon.exited
    }
    await using daemon = await startTestDaemon({ dataDir, env: environment() })
    for (let again = 0; again < 2; again += 1) {
      expect(await asked(daemon, id, BY_POISON)).toMatchObject({ ...isGivenUp, epoch: 2 })
    }
    expect(engine.requests).toHaveLength(2)
    await lives(daemon)
    expect(daemon.log()).toContain('given up')
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
})

describePostgres('of several daemons on PostgreSQL', () => {
  const reconnect = { firstMs: 100, longestMs: 3000 }

  test('the third does not try what two have died with', async () => {
    await using replicas = await startReplicas(environment())
    const { one, two, front } = replicas
    await upload(one, 'default', 'cats.md', TEXT)
    await using client = await connect(replicas.endpoint, { version, reconnect })
    const victims = [one, two]
    poison = () => victims.shift()?.process.kill('SIGKILL')
    const id = randomUUID()
    const end = lastOf(client.ask({ id, question: QUESTION, cache: false, ...BY_POISON }))
    await one.exited
    front.retarget(`http://${two.host}`)
    await two.exited
    const three = await replicas.another()
    replicas.moveTo(three)
    expect(await end).toMatchObject({ type: 'error', error: { code: 'given_up' } })
    expect(await asked(three, id, BY_POISON)).toMatchObject(isGivenUp)
    expect(engine.requests).toHaveLength(2)
    await lives(three)
  })

  test('those that were stuck with it until their lease lapsed give it up, and live on', async () => {
    await using replicas = await startReplicas(environment())
    const { one, two } = replicas
    await upload(one, 'default', 'cats.md', TEXT)
    await using client = await connect(replicas.endpoint, { version, reconnect })
    const stuck = Promise.withResolvers<void>()
    const victims = [one, two]
    poison = () => {
      victims.shift()?.process.kill('SIGSTOP')
      if (victims.length === 0) stuck.resolve()
    }
    const id = randomUUID()
    const end = lastOf(client.ask({ id, question: QUESTION, cache: false, ...BY_POISON }))
    await stuck.promise
    one.process.kill('SIGCONT')
    replicas.moveTo(one)
    expect(await end).toMatchObject({ type: 'error', error: { code: 'given_up' } })
    two.process.kill('SIGCONT')
    for (const daemon of [one, two]) {
      expect(await asked(daemon, id, BY_POISON)).toMatchObject(isGivenUp)
      await lives(daemon)
    }
    expect(engine.requests).toHaveLength(2)
  })
})

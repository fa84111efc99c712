/** The cache behind the pipeline, on a real database: what is given, to whom, and when no longer. */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAnswers } from '../../src/answers/answers.ts'
import type { AskRequest } from '../../src/answers/request.ts'
import { answerCache } from '../../src/cache/answers.ts'
import { jsonBytes, memoryTier } from '../../src/cache/memory.ts'
import { packageRoot } from '../../src/config/package-root.ts'
import type { Answer, CacheHit } from '../../src/domain/answer.ts'
import type { Certainty } from '../../src/domain/certainty.ts'
import type { Principal } from '../../src/domain/principal.ts'
import { memoryLogs } from '../../src/ports/answer-log.ts'
import type { Embedder } from '../../src/ports/embedder.ts'
import type { Generator } from '../../src/ports/generator.ts'
import { noSignals } from '../../src/ports/signals.ts'
import type { CachedAnswer } from '../../src/ports/store/cached-answers.ts'
import { retrievalSchema } from '../../src/protocol/retrieval.ts'
import {
  ANNA,
  answerOf,
  askOf,
  at,
  BORIS,
  newCollection,
  put,
  SPEC,
  vectorOf,
} from '../conformance/store-fixtures.ts'
import { pgliteDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await pgliteDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

/** Texts that differ only in case and punctuation have one vector. */
const embedder: Embedder = {
  model: { name: 'letters', fingerprint: SPEC.model, dimensions: SPEC.dimensions, maxTokens: 512 },
  embed: async (texts) =>
    texts.map((text) => ({
      vector: vectorOf(text.toLowerCase().replace(/[^\p{L}\p{N} ]/gu, '')),
      tokens: 5,
      unknown: 0,
      truncated: false,
    })),
}

/** Quotes the best passage, and waits for `held` before its end. */
function quoting() {
  const engine: { runs: number; held: Promise<void>; certainty: Certainty } = {
    runs: 0,
    held: Promise.resolve(),
    certainty: 'answered',
  }
  const generator: Generator = {
    id: 'quoting',
    promptVersion: '1',
    async *generate({ passages, signal }) {
      engine.runs += 1
      const [best] = passages
      yield { type: 'delta', text: 'It says: ' }
      await engine.held
      signal.throwIfAborted()
      yield { type: 'delta', text: best?.text ?? 'nothing' }
      if (best !== undefined) yield { type: 'citation', citation: { ...best, number: 1 } }
      yield { type: 'end', certainty: best === undefined ? 'not_found' : engine.certainty, complete: true }
    },
  }
  return { engine, generator }
}

function service(
  exact = memoryTier<CachedAnswer>({ ttlMs: 3_600_000, maxBytes: 1_000_000, sizeOf: jsonBytes }),
) {
  const { engine, generator } = quoting()
  const reported: unknown[] = []
  const cache = answerCache({
    exact,
    store: database.store.cachedAnswers,
    ttlMs: 3_600_000,
    maxAnswers: 100,
    onRefusal: () => {},
    onError: (error) => reported.push(error),
  })
  const answers = createAnswers({
    ports: {
      store: database.store,
      cache,
      embedder,
      embedders: { get: async () => embedder },
      generators: {
        withFallbacks: () => generator,
        alone: () => generator,
        has: () => true,
        list: () => [],
      },
    },
    logs: memoryLogs(),
    signals: noSignals,
    limits: { ask: async () => ({ mostInFlight: undefined }), spent: async () => {} },
    shared: false,
    owner: randomUUID(),
    leaseMs: 60_000,
    maxAsks: 20,
    retrieval: retrievalSchema.parse({}),
    historyTurns: 0,
    onEvent: () => {},
    onError: () => {},
  })
  const start = async (request: Partial<AskRequest> & { question: string }, who = ANNA) => {
    const id = request.id ?? randomUUID()
    const { events } = await answers.ask(who, { ...request, id })
    const end = async (): Promise<{ answer: Answer | undefined; text: string }> => {
      let text = ''
      for await (const { event } of events()) {
        if (event.type === 'delta') text += event.text
        if (event.type === 'restart') text = text.slice(0, event.keep)
        if (event.type === 'done') return { answer: event.answer, text }
      }
      return { answer: undefined, text }
    }
    return { id, events, end }
  }
  const ask = async (request: Partial<AskRequest> & { question: string }, who = ANNA) => {
    const { answer, text } = await (await start(request, who)).end()
    if (answer !== undefined) expect(text).toBe(answer.text)
    return answer
  }
  return { answers, cache, engine, reported, start, ask }
}

async function filled(text = 'The tower of Testville is old.') {
  const { name } = await newCollection(database.store)
  await put(database.store, name, 'a.md', [text])
  return name
}

test('an answer that the cache cannot keep is given all the same', async () => {
  const { ask, reported } = service({
    ...memoryTier<CachedAnswer>({ ttlMs: 1000, maxBytes: 1000, sizeOf: jsonBytes }),
    set: async () => {
      throw new Error('no room')
    },
  })
  const collections = [await filled()]
  const first = await ask({ question: 'How old is the tower?', collections })
  expect(first?.cached).toBe(false)
  const second = await ask({ question: 'How old is the tower?', collections })
  expect(second?.cached).toMatchObject({ tier: 'exact' })
  expect(reported.map(String)).toEqual(['Error: no room', 'Error: no room'])
})

describe('one flight', () => {
  test('equal questions at once are answered once, and each asker sees the whole answer', async () => {
    const { engine, start } = service()
    const collections = [await filled()]
    const hold = Promise.withResolvers<void>()
    engine.held = hold.promise
    const asks = await Promise.all(
      [ANNA, BORIS, ANNA].map((who) => start({ question: 'How old is the tower?', collections }, who)),
    )
    for (const { events } of asks) {
      for await (const { event } of events()) if (event.type === 'delta') break
    }
    hold.resolve()
    const ended = await Promise.all(asks.map(({ end }) => end()))
    expect(engine.runs).toBe(1)
    expect(ended.map(({ text }) => text)).toEqual(Array(3).fill('It says: The tower of Testville is old.'))
    expect(ended.filter(({ answer }) => answer?.cached === false)).toHaveLength(1)
  })

  test('a follower outlives its leader', async () => {
    const { answers, engine, start } = service()
    const collections = [await filled()]
    const hold = Promise.withResolvers<void>()
    engine.held = hold.promise
    const leader = await start({ question: 'How old is the tower?', collections })
    for await (const { event } of leader.events()) if (event.type === 'delta') break
    const follower = await start({ question: 'How old is the tower?', collections }, BORIS)
    for await (const { event } of follower.events()) if (event.type === 'delta') break
    await answers.cancel(ANNA, leader.id)
    hold.resolve()
    expect((await leader.end()).answer).toBeUndefined()
    expect(await follower.end()).toMatchObject({
      text: 'It says: The tower of Testville is old.',
      answer: { cached: false },
    })
    expect(engine.runs).toBe(2)
  })
})

test('case and punctuation make no other question; a number does; what is not answered and --no-cache leave no trace', async () => {
  const { ask, cache, engine } = service()
  const collections = [await filled()]
  const question = 'Is the tower 100 years old?'
  for (const certainty of ['not_found', 'unsure'] as const) {
    engine.certainty = certainty
    const reply = await ask({ question, collections })
    expect(reply).toMatchObject({ certainty, cached: false })
    // The text of what is unsure is the generator's alone.
    expect(reply?.text.includes('Searched for')).toBe(certainty === 'not_found')
  }
  engine.certainty = 'answered'
  expect(await ask({ question, collections, cache: false })).toMatchObject({ cached: false })
  expect(await ask({ question, collections })).toMatchObject({ cached: false })
  expect(await ask({ question: 'is the Tower\u200b 100 Years old', collections })).toMatchObject({
    cached: { tier: 'semantic', question },
  })
  expect(await ask({ question, collections, cache: false })).toMatchObject({ cached: false })
  expect(await ask({ question: 'Is the tower 101 years old?', collections })).toMatchObject({ cached: false })
  expect(cache.counts().hits).toEqual({ exact: 0, semantic: 1 })
})

test('nobody sees the words of another whose answer they get, at once or when they come back', async () => {
  const { ask, start } = service()
  const collections = [await filled()]
  const question = 'How old is the Tower?'
  await ask({ question, collections })
  const known = (tier: string) => ({ tier, question, askedAt: expect.any(String) })
  const unknown = (tier: string) => ({ tier, askedAt: expect.any(String) })
  for (const [words, tier] of [
    [question, 'exact'],
    ['how old is the tower?', 'semantic'],
  ] as const) {
    const asked = { id: randomUUID(), question: words, collections }
    for (let again = 0; again < 2; again += 1) {
      const { answer } = await (await start(asked, BORIS)).end()
      expect(answer?.cached).toEqual(unknown(tier))
    }
    expect((await database.store.answers.get(BORIS, asked.id)).answer?.cached).toEqual(unknown(tier))
    // By now Boris' words find it, too.
    expect((await ask({ question: words, collections }))?.cached).toEqual(known('exact'))
  }
})

test('what earlier versions have stored of the words of others is gone with the migration', async () => {
  const { store } = database
  const stored = async (cached: CacheHit) => {
    const request = askOf()
    const { conversation } = await store.answers.begin(ANNA, request)
    await store.answers.complete(ANNA, at(1), answerOf(request, conversation, { cached }))
    return request.id
  }
  const own = await stored({ tier: 'exact', question: askOf().question })
  const other = await stored({ tier: 'semantic', question: 'What may Boris have asked?' })
  const file = join(packageRoot(), 'drizzle', 'migrations', '0015_cached_question_of_its_asker.sql')
  await database.inspect((client) => client.query(readFileSync(file, 'utf8')))
  const cachedOf = async (id: string) => (await database.store.answers.get(ANNA, id)).answer?.cached
  expect(await cachedOf(own)).toEqual({ tier: 'exact', question: askOf().question })
  expect(await cachedOf(other)).toEqual({ tier: 'semantic' })
})

test('what is given from the cache is what would be answered now, whatever happened before', async () => {
  const { ask } = service()
  const ops = fc.array(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({
          do: fc.constant('ask' as const),
          q: fc.nat(1),
          who: fc.nat(3),
          all: fc.boolean(),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ do: fc.constant('put' as const), at: fc.nat(1), text: fc.nat(2) }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), at: fc.nat(1) }) },
      {
        weight: 3,
        arbitrary: fc.record({ do: fc.constant('may' as const), at: fc.nat(1), read: fc.boolean() }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ do: fc.constant('switch' as const), at: fc.nat(1), cache: fc.boolean() }),
      },
    ),
    { minLength: 5, maxLength: 15 },
  )
  await fc.assert(
    fc.asyncProperty(ops, async (list) => {
      const { store } = database
      const names = [await filled(), await filled()]
      const off = new Set<string>()
      const clara: Principal = { kind: 'oidc', id: `oidc:test:${randomUUID()}`, name: 'Clara', groups: [] }
      const mayRead = new Set<string>()
      for (const op of list) {
        const name = names['at' in op ? op.at : 0] ?? ''
        if (op.do === 'put') await put(store, name, `${name}.md`, [`Text ${op.text} of ${op.at}.`])
        if (op.do === 'remove') {
          const [found] = await store.documents.list(ANNA, { collection: name, limit: 1 })
          if (found !== undefined) await store.documents.remove(ANNA, found.id)
        }
        if (op.do === 'switch') {
          await store.collections.configure(ANNA, name, { cache: op.cache })
          if (op.cache) off.delete(name)
          else off.add(name)
        }
        if (op.do === 'may' && op.read !== mayRead.has(name)) {
          if (op.read) await store.grants.set(ANNA, clara.id, 'reader', name)
          else await store.grants.remove(ANNA, clara.id, name)
          if (op.read) mayRead.add(name)
          else mayRead.delete(name)
        }
        if (op.do !== 'ask') continue
        // A narrower set is what one asker can read, the wider one what another can.
        const collections = op.all ? names : names.slice(0, 1)
        const who: Principal = [ANNA, BORIS, clara][op.who] ?? clara
        const question = `Which text is number ${op.q}?`
        if (who === clara && collections.some((one) => !mayRead.has(one))) {
          await expect(ask({ question, collections }, who)).rejects.toMatchObject({
            code: 'unknown_collection',
          })
          continue
        }
        const given = await ask({ question, collections }, who)
        const anew = await ask({ question, collections, cache: false }, who)
        expect(given?.text).toBe(anew?.text)
        if (collections.some((one) => off.has(one))) expect(given?.cached).toBe(false)
      }
    }),
    { numRuns: 14 },
  )
}, 120_000)

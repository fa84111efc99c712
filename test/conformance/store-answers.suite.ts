import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { CERTAINTIES } from '../../src/domain/certainty.ts'
import type { TestDatabase } from '../support/database.ts'
import {
  ANNA,
  answerOf,
  askOf,
  at,
  BORIS,
  CITATION,
  expectCode,
  LAPSED,
  newCollection,
  put,
  SPEC,
  vectorOf,
} from './store-fixtures.ts'

const FAILURE = { code: 'engine_failed', message: 'The engine stopped.' } as const

export function answersSuite(database: () => TestDatabase): void {
  describe('asks', () => {
    it('begin once, run, and are finished', async () => {
      const { answers } = database().store
      const ask = askOf()
      const begun = await answers.begin(ANNA, ask)
      expect(begun).toMatchObject({ kind: 'started', epoch: 1 })
      const { conversation } = begun
      expect(await answers.begin(ANNA, ask)).toEqual({
        ...{ kind: 'running', conversation, epoch: 1 },
      })
      expect(await answers.get(ANNA, ask.id)).toEqual({ state: 'running', citations: [] })
      const answer = answerOf(ask, conversation)
      expect(await answers.complete(ANNA, at(1), answer)).toBe(true)
      expect(await answers.begin(ANNA, ask)).toEqual({
        kind: 'finished',
        conversation,
        epoch: 1,
        seq: 2,
        answer,
      })
      expect(await answers.get(ANNA, ask.id)).toEqual({
        ...{ state: 'complete', answer, citations: [CITATION] },
      })
    })

    it('begin with remembered collections while those are as they were', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const remember = async () => {
        const ask = askOf({ collections: await store.collections.readable(ANNA, [name]) })
        return (values = {}) =>
          store.answers.beginRemembered(ANNA, { ...ask, id: randomUUID(), ...values }, { names: [name] })
      }
      const begin = await remember()
      const id = randomUUID()
      const begun = await begin({ id })
      expect(begun).toEqual({ kind: 'started', conversation: expect.any(String), epoch: 1 })
      expect((await store.answers.get(ANNA, id)).state).toBe('running')
      expect(await begin({ conversation: begun?.conversation })).toEqual(begun)

      expect(await begin({ id })).toBeUndefined()
      expect(await begin({ conversation: randomUUID() })).toBeUndefined()
      expect(await begin({ mostInFlight: 1 })).toBeUndefined()
      expect(await begin({ collections: [] })).toBeUndefined()

      await put(store, name, 'a.md', ['one'])
      expect(await begin()).toBeUndefined()
      const afterIngest = await remember()
      expect(await afterIngest()).toMatchObject({ kind: 'started' })
      await store.collections.configure(ANNA, name, { cache: false })
      expect(await afterIngest()).toBeUndefined()
      const afterCache = await remember()
      await store.collections.configure(ANNA, name, { engine: 'other' })
      expect(await afterCache()).toBeUndefined()
      const afterEngine = await remember()
      await store.collections.remove(ANNA, name)
      expect(await afterEngine()).toBeUndefined()
    })

    it('keep what a cached, refused or sparse answer says', async () => {
      const { answers } = database().store
      const ask = askOf()
      const { conversation } = await answers.begin(ANNA, ask)
      const { usage: _, ...sparse } = answerOf(ask, conversation, {
        cached: { tier: 'exact', question: 'What is a lease, please?' },
        citations: [],
        certainty: 'not_found',
        warnings: ['a warning'],
        timings: {},
        language: 'ru',
      })
      await answers.complete(ANNA, at(1), sparse)
      expect((await answers.get(ANNA, ask.id)).answer).toEqual(sparse)
    })

    it.each(CERTAINTIES)(
      'keep that they are %s, also for daemons of an earlier version',
      async (certainty) => {
        const { answers, conversations } = database().store
        const ask = askOf()
        const { conversation } = await answers.begin(ANNA, ask)
        await answers.complete(ANNA, at(1), answerOf(ask, conversation, { certainty }))
        expect((await answers.get(ANNA, ask.id)).answer).toMatchObject({ certainty })
        const { turns } = await conversations.turns(ANNA, conversation, 10)
        expect(turns).toMatchObject([{ certainty }])
        await database().inspect(async (client) => {
          const { rows } = await client.query('SELECT refused FROM answers WHERE id = $1', [ask.id])
          expect(rows).toEqual([{ refused: certainty === 'not_found' }])
        })
      },
    )

    it.each([
      [true, 'not_found'],
      [false, 'answered'],
    ])('of an earlier version with refused = %s are %s', async (refused, certainty) => {
      const ask = askOf()
      const { conversation } = await database().store.answers.begin(ANNA, ask)
      await database().inspect(async (client) => {
        const write = `UPDATE answers SET state = 'complete', text = 'So.', refused = $2 WHERE id = $1`
        await client.query(write, [ask.id, refused])
      })
      const { answers, conversations } = database().store
      expect((await answers.get(ANNA, ask.id)).answer).toMatchObject({ text: 'So.', certainty })
      const { turns } = await conversations.turns(ANNA, conversation, 10)
      expect(turns).toMatchObject([{ certainty }])
    })

    it.each(['failed', 'cancelled'] as const)('end as %s and keep what was generated', async (state) => {
      const { answers, conversations } = database().store
      const ask = askOf()
      const { conversation } = await answers.begin(ANNA, ask)
      expect(await answers.end(ANNA, ask.id, at(1), state, FAILURE, 'A lease is')).toBe(true)
      expect(await answers.begin(ANNA, ask)).toEqual({
        ...{ kind: 'ended', conversation, epoch: 1, seq: 2, state, text: 'A lease is' },
        ...{ errorCode: FAILURE.code, errorMessage: FAILURE.message },
      })
      const { turns } = await conversations.turns(ANNA, conversation, 10)
      expect(turns).toMatchObject([{ id: ask.id, state, text: 'A lease is', citations: [] }])
    })

    it('begun at the same time by many start exactly once', async () => {
      const { answers, conversations } = database().store
      const { conversation } = await answers.begin(ANNA, askOf())
      for (const values of [{}, { conversation }]) {
        const ask = askOf(values)
        const begun = await Promise.all(Array.from({ length: 20 }, () => answers.begin(ANNA, ask)))
        expect(begun.filter(({ kind }) => kind === 'started')).toHaveLength(1)
        expect(begun.filter(({ kind }) => kind === 'running')).toHaveLength(19)
        expect(new Set(begun.map((one) => one.conversation)).size).toBe(1)
        const { turns } = await conversations.turns(ANNA, begun[0]?.conversation ?? '', 10)
        expect(turns.filter((turn) => turn.id === ask.id)).toHaveLength(1)
      }
    })

    it('of another body under the same id are refused', async () => {
      const { answers } = database().store
      const ask = askOf()
      await answers.begin(ANNA, ask)
      await expectCode(answers.begin(ANNA, { ...ask, bodyHash: 'other' }), 'id_reused')
    })

    it('whose lease lapsed are taken over, and the earlier attempt can write nothing', async () => {
      const { answers } = database().store
      const ask = askOf({ lease: LAPSED })
      const { conversation } = await answers.begin(ANNA, ask)
      const again = askOf({
        id: ask.id,
        lease: { owner: 'daemon-2', forMs: 3_600_000 },
      })
      expect(await answers.begin(ANNA, again)).toEqual({ kind: 'started', conversation, epoch: 2 })
      expect(await answers.begin(ANNA, again)).toMatchObject({ kind: 'running', epoch: 2 })
      const stalled = answerOf(ask, conversation, { text: 'late' })
      expect(await answers.complete(ANNA, at(1), stalled)).toBe(false)
      expect(await answers.end(ANNA, ask.id, at(1), 'failed', FAILURE, 'late')).toBe(false)
      const answer = answerOf(ask, conversation, { text: 'in time' })
      expect(await answers.complete(ANNA, at(2), answer)).toBe(true)
      expect(await answers.complete(ANNA, at(2), answer)).toBe(false)
      expect(await answers.end(ANNA, ask.id, at(2), 'cancelled', FAILURE, '')).toBe(false)
      expect((await answers.get(ANNA, ask.id)).answer).toEqual(answer)
    })

    it('taken over at the same time by many start exactly once', async () => {
      const { answers } = database().store
      const ask = askOf({ lease: LAPSED })
      await answers.begin(ANNA, ask)
      const again = askOf({ id: ask.id })
      const begun = await Promise.all(Array.from({ length: 10 }, () => answers.begin(ANNA, again)))
      expect(begun.filter(({ kind }) => kind === 'started')).toMatchObject([{ epoch: 2 }])
    })

    it('of a daemon that is gone are interrupted, and can be begun again', async () => {
      const { answers } = database().store
      const gone = askOf({ lease: { owner: 'gone', forMs: 3_600_000 } })
      const { conversation } = await answers.begin(ANNA, gone)
      const mine = askOf({ lease: { owner: 'mine', forMs: -1000 } })
      await answers.begin(ANNA, mine)
      expect((await answers.interruptOthers('mine')).interrupted).toBeGreaterThanOrEqual(1)
      expect(await answers.get(ANNA, gone.id)).toEqual({ state: 'interrupted', citations: [] })
      expect(await answers.get(ANNA, mine.id)).toMatchObject({ state: 'running' })
      expect(await answers.complete(ANNA, at(1), answerOf(gone, conversation))).toBe(false)
      expect(await answers.begin(ANNA, gone)).toEqual({ kind: 'started', conversation, epoch: 2 })
    })

    it('of several daemons are taken over when their lease lapsed and was not renewed', async () => {
      const { answers } = database().store
      const [owner, heir] = [`daemon-${randomUUID()}`, { owner: `heir-${randomUUID()}`, forMs: 3_600_000 }]
      const lapsed = askOf({ lease: { owner: 'stalled', forMs: -1000 } })
      const renewed = askOf({ lease: { owner, forMs: -1000 } })
      const cancelled = askOf({ lease: { owner: 'stalled', forMs: -1000 } })
      for (const ask of [lapsed, renewed, cancelled]) await answers.begin(ANNA, ask)
      expect(await answers.requestCancel(ANNA, cancelled.id)).toBe(true)
      expect(await answers.requestCancel(BORIS, renewed.id)).toBe(false)
      expect(
        await answers.renew({ owner, forMs: 3_600_000 }, [{ principal: ANNA.id, id: renewed.id, epoch: 1 }]),
      ).toEqual([{ principal: ANNA.id, id: renewed.id, epoch: 1, cancelling: false }])
      expect(await answers.look(ANNA, lapsed.id)).toEqual({ state: 'running', epoch: 1, lapsed: true })

      const both = await Promise.all([answers.takeLapsed(heir, 100), answers.takeLapsed(heir, 100)])
      const taken = both.flatMap((lapsed) => lapsed.taken)
      expect(taken.filter(({ id }) => id === lapsed.id)).toMatchObject([
        { principal: ANNA.id, epoch: 2, request: lapsed.request },
      ])
      expect(taken.map(({ id }) => id)).not.toContain(renewed.id)
      expect(await answers.look(ANNA, lapsed.id)).toEqual({ state: 'running', epoch: 2, lapsed: false })
      expect(await answers.begin(ANNA, cancelled)).toMatchObject({ kind: 'ended', errorCode: 'cancelled' })
      expect(await answers.look(ANNA, 'never asked')).toBeUndefined()
    })

    it('whose daemons died twice are given up by the daemon that looks for them', async () => {
      const { answers } = database().store
      const ask = askOf({ lease: LAPSED })
      const { conversation } = await answers.begin(ANNA, ask)
      const look = async () => {
        const { taken, givenUp } = await answers.takeLapsed({ owner: 'next', forMs: -1000 }, 100)
        return {
          epochs: taken.filter(({ id }) => id === ask.id).map(({ epoch }) => epoch),
          isGivenUp: givenUp.includes(ask.id),
        }
      }
      expect(await look()).toEqual({ epochs: [2], isGivenUp: false })
      expect(await look()).toEqual({ epochs: [], isGivenUp: true })
      expect(await look()).toEqual({ epochs: [], isGivenUp: false })
      const ended = { kind: 'ended', conversation, epoch: 3, state: 'failed', errorCode: 'given_up' }
      for (let again = 0; again < 2; again += 1) expect(await answers.begin(ANNA, ask)).toMatchObject(ended)
      expect(await answers.complete(ANNA, at(2), answerOf(ask, conversation))).toBe(false)
      expect((await answers.interruptOthers('another')).givenUp).not.toContain(ask.id)
      expect(await answers.begin(ANNA, { ...ask, id: randomUUID() })).toMatchObject({ kind: 'started' })
    })

    it('whose daemons died twice are given up when they are asked again', async () => {
      const { answers, conversations } = database().store
      const ask = askOf({ lease: LAPSED })
      const { conversation } = await answers.begin(ANNA, ask)
      expect(await answers.begin(ANNA, ask)).toMatchObject({ kind: 'started', epoch: 2 })
      const begun = await Promise.all(Array.from({ length: 5 }, () => answers.begin(ANNA, ask)))
      const ended = { kind: 'ended', conversation, epoch: 3, state: 'failed', errorCode: 'given_up' }
      for (const one of begun) expect(one).toMatchObject(ended)
      const { turns } = await conversations.turns(ANNA, conversation, 10)
      expect(turns).toMatchObject([{ id: ask.id, state: 'failed', text: '' }])
      await database().inspect(async (client) => {
        const { rows } = await client.query('SELECT role, text FROM messages WHERE answer_id = $1', [ask.id])
        expect(rows).toEqual([{ role: 'user', text: ask.question }])
      })
    })

    it('that a daemon alone on its database died with twice are given up at its next start', async () => {
      const { answers } = database().store
      const ask = askOf({ lease: { owner: 'first', forMs: 3_600_000 } })
      await answers.begin(ANNA, ask)
      expect((await answers.interruptOthers('second')).givenUp).not.toContain(ask.id)
      const again = { ...ask, lease: { owner: 'second', forMs: 3_600_000 } }
      expect(await answers.begin(ANNA, again)).toMatchObject({ kind: 'started', epoch: 2 })
      expect((await answers.interruptOthers('third')).givenUp).toContain(ask.id)
      expect(await answers.begin(ANNA, ask)).toMatchObject({ kind: 'ended', errorCode: 'given_up' })
    })

    it('are handed over at once, as often as it takes, and that is no loss', async () => {
      const { answers } = database().store
      const ask = askOf()
      await answers.begin(ANNA, ask)
      await answers.release(ANNA, ask.id, 2)
      expect(await answers.look(ANNA, ask.id)).toMatchObject({ lapsed: false })
      for (let epoch = 1; epoch < 5; epoch += 1) {
        await answers.release(ANNA, ask.id, epoch)
        expect(await answers.look(ANNA, ask.id)).toMatchObject({ lapsed: true })
        if (epoch % 2 === 0) {
          expect(await answers.begin(ANNA, ask)).toMatchObject({ kind: 'started', epoch: epoch + 1 })
        } else {
          const { taken } = await answers.takeLapsed({ owner: 'heir', forMs: 3_600_000 }, 100)
          expect(taken).toContainEqual(expect.objectContaining({ id: ask.id, epoch: epoch + 1 }))
        }
      }
      await answers.end(ANNA, ask.id, at(5), 'interrupted', FAILURE, '')
      expect(await answers.begin(ANNA, { ...ask, lease: LAPSED })).toMatchObject({ epoch: 6 })
      expect(await answers.begin(ANNA, { ...ask, lease: LAPSED })).toMatchObject({ epoch: 7 })
      expect(await answers.begin(ANNA, ask)).toMatchObject({ kind: 'ended', errorCode: 'given_up' })
    })

    it('that were cancelled stay so when their daemon dies', async () => {
      const { answers } = database().store
      const ask = askOf({ lease: LAPSED })
      await answers.begin(ANNA, ask)
      await answers.requestCancel(ANNA, ask.id)
      expect(await answers.begin(ANNA, ask)).toMatchObject({ kind: 'ended', state: 'cancelled' })
    })

    it('in flight are bounded, and those of a daemon that is gone do not count', async () => {
      const { answers } = database().store
      const principal = { id: randomUUID(), kind: 'local' } as const
      await answers.begin(principal, askOf({ lease: LAPSED, mostInFlight: 2 }))
      const at = await Promise.allSettled(
        Array.from({ length: 5 }, () => answers.begin(principal, askOf({ mostInFlight: 2 }))),
      )
      const refused = at.filter((outcome) => outcome.status === 'rejected')
      expect(refused).toHaveLength(3)
      expect(refused[0]?.reason).toMatchObject({ code: 'rate_limited', retryAfterMs: 1000 })
      await answers.begin(principal, askOf())
    })

    it('of one principal are unknown to another, who may use the same id', async () => {
      const { answers } = database().store
      const ask = askOf()
      const anna = await answers.begin(ANNA, ask)
      await expectCode(answers.get(BORIS, ask.id), 'unknown_answer')
      expect(await answers.complete(BORIS, at(1), answerOf(ask, anna.conversation))).toBe(false)
      expect(await answers.end(BORIS, ask.id, at(1), 'cancelled', FAILURE, '')).toBe(false)
      const boris = await answers.begin(BORIS, { ...ask, bodyHash: 'other' })
      expect(boris).toMatchObject({ kind: 'started', epoch: 1 })
      expect(boris.conversation).not.toBe(anna.conversation)
    })

    it('keep their citations when the document they quote is deleted', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const { document } = await put(store, name, 'quoted.md', ['A lease is a promise.'])
      const ask = askOf({ collections: await store.collections.readable(ANNA, [name]) })
      const { conversation } = await store.answers.begin(ANNA, ask)
      const { start, end, text } = CITATION
      const spans = [
        { start: 0, end: 8, text: 'Leases:\n' },
        { start, end, text },
      ]
      const citations = [undefined, spans, undefined].map((quoted) => ({
        ...CITATION,
        document: document.id,
        spans: quoted,
      }))
      const answer = answerOf(ask, conversation, { citations })
      await store.answers.complete(ANNA, at(1), answer)
      await store.collections.remove(ANNA, name)
      expect((await store.answers.get(ANNA, ask.id)).answer).toEqual(answer)
    })

    it('keep the vector of their question with its model', async () => {
      const { answers } = database().store
      const ask = askOf()
      const { conversation } = await answers.begin(ANNA, ask)
      const vector = vectorOf(ask.question)
      await answers.complete(ANNA, at(1), answerOf(ask, conversation), { model: SPEC.model, vector })
      await database().inspect(async (client) => {
        const { rows } = await client.query(
          `SELECT role, text, model, embedding <=> $2::vector AS distance FROM messages
           WHERE answer_id = $1 ORDER BY id`,
          [ask.id, JSON.stringify([...vector])],
        )
        expect(rows).toEqual([
          { role: 'user', text: ask.question, model: SPEC.model, distance: expect.closeTo(0, 6) },
          { role: 'assistant', text: 'A lease is a promise 🙂. [1]', model: null, distance: null },
        ])
      })
    })

    it.each([
      { state: 'cancelled', text: 'A lease is', said: ['user', 'assistant'] },
      { state: 'failed', text: '', said: ['user'] },
      { state: 'interrupted', text: '', said: [] },
    ] as const)('leave the messages $said when they end as $state', async ({ state, text, said }) => {
      const { answers } = database().store
      const ask = askOf()
      await answers.begin(ANNA, ask)
      await answers.end(ANNA, ask.id, at(1), state, { code: 'cancelled', message: 'x' }, text)
      await database().inspect(async (client) => {
        const { rows } = await client.query(
          'SELECT role, text FROM messages WHERE answer_id = $1 ORDER BY id',
          [ask.id],
        )
        expect(rows).toEqual(said.map((role) => ({ role, text: role === 'user' ? ask.question : text })))
      })
    })
  })

  conversationsSuite(database)
}

function conversationsSuite(database: () => TestDatabase): void {
  describe('conversations', () => {
    it('hold their turns in order, the latest ones first to be kept', async () => {
      const { answers, conversations } = database().store
      const first = await answers.begin(ANNA, askOf({ question: '  One\nquestion?  ' }))
      const { conversation } = first
      const asks = ['two', 'three'].map((question) => askOf({ question, conversation }))
      for (const ask of asks) {
        await answers.begin(ANNA, ask)
        await answers.complete(ANNA, at(1), answerOf(ask, conversation))
      }
      const read = await conversations.turns(ANNA, conversation, 2)
      expect(read.conversation).toMatchObject({ id: conversation, title: 'One question?', turns: 3 })
      expect(read.turns.map((turn) => turn.question)).toEqual(['two', 'three'])
      expect(read.turns[0]).toMatchObject({ state: 'complete', citations: [CITATION], certainty: 'answered' })
    })

    it('are listed latest first, to their owner alone', async () => {
      const { answers, conversations } = database().store
      const owner = { id: randomUUID(), kind: 'local' } as const
      const one = await answers.begin(owner, askOf({ question: 'x'.repeat(200) }))
      const two = await answers.begin(owner, askOf())
      await answers.begin(owner, askOf({ conversation: one.conversation }))
      const listed = await conversations.list(owner, 10)
      expect(listed.map(({ id }) => id)).toEqual([one.conversation, two.conversation])
      expect(listed[0]).toMatchObject({ turns: 2, title: `${'x'.repeat(79)}…` })
      expect(await conversations.list(owner, 1)).toHaveLength(1)
      expect((await conversations.list(BORIS, 1000)).map(({ id }) => id)).not.toContain(one.conversation)
    })

    it('of another principal, or none, are unknown', async () => {
      const { answers, conversations } = database().store
      const { conversation } = await answers.begin(ANNA, askOf())
      for (const [principal, id] of [
        [BORIS, conversation],
        [ANNA, randomUUID()],
        [ANNA, 'no uuid'],
      ] as const) {
        await expectCode(conversations.turns(principal, id, 5), 'unknown_conversation')
        await expectCode(conversations.remove(principal, id), 'unknown_conversation')
        await expectCode(answers.begin(principal, askOf({ conversation: id })), 'unknown_conversation')
      }
      expect(await conversations.turns(ANNA, conversation, 5)).toMatchObject({ turns: [{}] })
    })

    it('are removed with everything that was said', async () => {
      const { answers, conversations } = database().store
      const ask = askOf()
      const { conversation } = await answers.begin(ANNA, ask)
      await answers.complete(ANNA, at(1), answerOf(ask, conversation))
      await conversations.remove(ANNA, conversation)
      await expectCode(answers.get(ANNA, ask.id), 'unknown_answer')
      await database().inspect(async (client) => {
        const { rows } = await client.query(
          `SELECT (SELECT count(*)::int FROM messages WHERE answer_id = $1) AS messages,
                  (SELECT count(*)::int FROM citations WHERE answer_id = $1) AS citations`,
          [ask.id],
        )
        expect(rows).toEqual([{ messages: 0, citations: 0 }])
      })
    })
  })
}

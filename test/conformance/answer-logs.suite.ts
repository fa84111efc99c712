/** What the streams of answers must do, whichever daemons write and follow them. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AnswerEvent, START } from '../../src/domain/answer.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import { type AnswerLog, type AnswerLogs, isEnd, type LoggedEvent } from '../../src/ports/answer-log.ts'
import { redisLogs } from '../../src/redis/answer-log.ts'
import { ownPrefix, testRedis } from '../support/redis.ts'
import { answerOf, askOf } from './store-fixtures.ts'

interface Opened extends AsyncDisposable {
  /** Of the daemon that runs answers, and of another. */
  readonly runner: AnswerLogs
  readonly other: AnswerLogs
}

const ask = askOf()
export const done: AnswerEvent = { type: 'done', answer: answerOf(ask, randomUUID()) }
const failed: AnswerEvent = {
  type: 'error',
  error: new ChatbotError('timeout', 'Too slow.', { retryAfterMs: 5 }),
}
export const EVENTS: readonly AnswerEvent[] = [
  { type: 'stage', stage: 'embed', state: 'started' },
  { type: 'stage', stage: 'embed', state: 'finished', ms: 1.5 },
  { type: 'context', passages: [] },
  { type: 'delta', text: 'Ёж \u2028 🦊' },
  { type: 'restart', keep: 2 },
  { type: 'delta', text: ' sleeps.' },
]
/** The same as they are logged. */
export const LOGGED = EVENTS.map((event) => (event.type === 'restart' ? { ...event, kept: 'Ёж' } : event))

const NEVER = new AbortController().signal
const never = () => expect.unreachable('nobody has taken it over')

export async function all(events: AsyncIterable<LoggedEvent>): Promise<AnswerEvent[]> {
  const seen: AnswerEvent[] = []
  for await (const { event } of events) seen.push(event)
  return seen
}

/** As a reader reads them: where the answer runs from its own log, else from what all daemons share. */
const read = (logs: AnswerLogs, answer: string, after = START, signal = NEVER): AsyncIterable<LoggedEvent> =>
  logs.local(answer)?.readAfter(after, signal) ?? logs.follow(answer, after, signal)

export function logsSuite(name: string, open: () => Promise<Opened>): void {
  describe(name, () => {
    it.each([done, failed])('are followed from their start to their end: %#', async (end) => {
      await using opened = await open()
      const log = opened.runner.open('a', 1, never)
      for (const event of EVENTS) log.append(event)
      const seen = await untilEnd(read(opened.other, 'a'), () => log.append(end))
      expect(seen.map(({ event }) => event)).toEqual([...LOGGED, end])
      expect(seen.map(({ epoch, seq }) => [epoch, seq])).toEqual(seen.map((_, index) => [1, index + 1]))
    })

    it('are followed from any event on', async () => {
      await using opened = await open()
      const log = opened.runner.open('a', 3, never)
      for (const event of EVENTS) log.append(event)
      const later = untilEnd(read(opened.other, 'a', { epoch: 3, seq: 4 }), () => log.append(done))
      expect((await later).map(({ seq }) => seq)).toEqual([5, 6, 7])
    })

    it('are recalled, with the text that a restart keeps', async () => {
      await using opened = await open()
      const log = opened.runner.open('a', 2, never)
      log.append({ type: 'restart', keep: 3, kept: 'one' })
      log.append({ type: 'delta', text: ' two' })
      log.append({ type: 'restart', keep: 4 })
      expect(log.text).toBe('one ')
      await expect.poll(async () => (await opened.other.recall('a')).length).toBe(3)
      expect((await opened.other.recall('a')).map(({ event }) => event)).toEqual([
        { type: 'restart', keep: 3, kept: 'one' },
        { type: 'delta', text: ' two' },
        { type: 'restart', keep: 4, kept: 'one ' },
      ])
      expect(await opened.other.recall('b')).toEqual([])
    })

    it('are left when the follower goes', async () => {
      await using opened = await open()
      const log = opened.runner.open('a', 1, never)
      for (const event of EVENTS) log.append(event)
      const gone = new AbortController()
      const seen: AnswerEvent[] = []
      for await (const { event } of read(opened.other, 'a', START, gone.signal)) {
        seen.push(event)
        if (seen.length === EVENTS.length) gone.abort()
      }
      expect(seen).toEqual(LOGGED)
    })

    it('end without an end when the answer goes on elsewhere', async () => {
      await using opened = await open()
      const log = opened.runner.open('a', 1, never)
      for (const event of EVENTS) log.append(event)
      log.close()
      log.append(done)
      expect(await all(log.readAfter())).toEqual(LOGGED)
      expect(log).toMatchObject({ text: 'Ёж sleeps.', isComplete: false, hasEnded: true })
      await expect.poll(() => opened.runner.local('a')).toBeUndefined()
    })

    it('that have ended are kept for a while where they ran', async () => {
      await using opened = await open()
      const log = opened.runner.open('a', 1, never)
      for (const event of [...EVENTS, done]) log.append(event)
      await log.ended
      expect(await all(read(opened.runner, 'a', { epoch: 1, seq: EVENTS.length }))).toEqual([done])
    })
  })
}

/** Reads to the end; what `then` does comes after the first event was seen. */
async function untilEnd(events: AsyncIterable<LoggedEvent>, then: () => void): Promise<LoggedEvent[]> {
  const seen: LoggedEvent[] = []
  for await (const logged of events) {
    seen.push(logged)
    if (seen.length === 1) then()
    if (isEnd(logged.event)) break
  }
  return seen
}

/** What answer logs in Redis must do besides, whatever the form of Redis. */
export function redisLogsSuite(url: () => string): void {
  const twoDaemons = async () => {
    const keyPrefix = ownPrefix()
    const one = await testRedis({ url: url(), keyPrefix })
    const two = await testRedis({ url: url(), keyPrefix })
    return {
      one,
      two,
      runner: redisLogs(one),
      other: redisLogs(two),
      async [Symbol.asyncDispose]() {
        await Promise.all([one.close(), two.close()])
      },
    }
  }
  logsSuite('of two daemons', twoDaemons)

  it('are read from daemons of an earlier version, and by them: they know only `refused`', async () => {
    await using redis = await testRedis({ url: url(), keyPrefix: ownPrefix() })
    const key = redis.key('log', 'a')
    const { certainty: _, ...earlier } = answerOf(ask, randomUUID())
    const body = JSON.stringify({ type: 'done', answer: { ...earlier, refused: true } })
    await redis.client.xadd(key, '1-1', 'e', body)
    expect(await redisLogs(redis).recall('a')).toEqual([
      { epoch: 1, seq: 1, event: { type: 'done', answer: { ...earlier, certainty: 'not_found' } } },
    ])

    const log = redisLogs(redis).open('a', 2, never)
    log.append({ type: 'delta', text: 'Closest:' })
    await expect.poll(() => redis.client.xlen(key)).toBe(2)
    log.append({ type: 'done', answer: { ...earlier, certainty: 'unsure' } })
    await expect.poll(() => redis.client.xlen(key)).toBe(3)
    const [, [, written] = []] = (await redis.client.xrange(key, '2-2', '2-2'))[0] ?? []
    expect(JSON.parse(written ?? '')).toMatchObject({ answer: { certainty: 'unsure', refused: false } })
  })

  it('take nothing from an attempt that was taken over, and tell it so', async () => {
    await using daemons = await twoDaemons()
    const { two } = daemons
    const key = two.key('log', 'a')
    let isFenced = false
    const stalled = daemons.runner.open('a', 1, () => {
      isFenced = true
    })
    stalled.append({ type: 'delta', text: 'old' })
    await expect.poll(() => two.client.xlen(key)).toBe(1)
    const next = daemons.other.open('a', 2, never)
    next.append({ type: 'restart', keep: 0, kept: '' })
    await expect.poll(() => two.client.xlen(key)).toBe(2)
    stalled.append({ type: 'delta', text: 'late' })
    await expect.poll(() => isFenced).toBe(true)
    const seen = untilEnd(daemons.other.follow('a', START, NEVER), () => next.append(done))
    expect((await seen).map(({ epoch, seq, event }) => [epoch, seq, event.type])).toEqual([
      [1, 1, 'delta'],
      [2, 1, 'restart'],
      [2, 2, 'done'],
    ])
    expect(await two.client.xlen(key)).toBe(3)
  })

  it('hold of each attempt what it has written, whatever order attempts and losses come in', async () => {
    const step = fc.constantFrom('first', 'second', 'lost', 'pause')
    const property = fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 16 }), async (steps) => {
      await using daemons = await twoDaemons()
      const { one } = daemons
      const first = daemons.runner.open('a', 1, () => undefined)
      let second: AnswerLog | undefined
      for (const [index, what] of steps.entries()) {
        if (what === 'first') first.append({ type: 'delta', text: `${index}` })
        else if (what === 'second') {
          second ??= daemons.other.open('a', 2, never)
          second.append({ type: 'delta', text: `${index}` })
        } else if (what === 'lost') await one.client.del(one.key('log', 'a'))
        else await sleep(20)
      }
      // A last event, which brings what was lost before it.
      const last = second ?? daemons.other.open('a', 2, never)
      last.append({ type: 'delta', text: 'last' })
      const recalled = async () => await daemons.runner.recall('a')
      await expect.poll(async () => (await recalled()).at(-1)?.event).toEqual({ type: 'delta', text: 'last' })
      const all = await recalled()
      expect(all.filter(({ epoch }) => epoch === 2)).toEqual(last.events)
      const earlier = all.filter(({ epoch }) => epoch === 1)
      expect(earlier).toEqual(first.events.slice(0, earlier.length))
    })
    await fc.assert(property, { numRuns: 15 })
  })

  it('are written again where Redis has lost them: never a gap', async () => {
    await using daemons = await twoDaemons()
    const log = daemons.runner.open('a', 1, never)
    for (const event of EVENTS) log.append(event)
    const key = daemons.one.key('log', 'a')
    await expect.poll(() => daemons.one.client.xlen(key)).toBe(EVENTS.length)
    await daemons.one.client.del(key)
    log.append({ type: 'delta', text: 'after' })
    await expect.poll(() => daemons.one.client.xlen(key)).toBe(EVENTS.length + 1)
    const recalled = await daemons.other.recall('a')
    expect(recalled.map(({ event }) => event)).toEqual([...LOGGED, { type: 'delta', text: 'after' }])
  })
}

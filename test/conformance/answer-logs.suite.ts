/** What the streams of answers must do, whichever daemons write and follow them. */
import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { AnswerEvent } from '../../src/domain/answer.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import type { AnswerLogs, LoggedEvent } from '../../src/ports/answer-log.ts'
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

/** The log of an answer that goes on, so that it is worth following. */
const NEVER = new AbortController().signal

export async function all(events: AsyncIterable<LoggedEvent>): Promise<AnswerEvent[]> {
  const seen: AnswerEvent[] = []
  for await (const { event } of events) seen.push(event)
  return seen
}

export function logsSuite(name: string, open: () => Promise<Opened>): void {
  describe(name, () => {
    it.each([done, failed])('are followed from their start to their end: %#', async (end) => {
      await using opened = await open()
      const log = opened.runner.open('a', 1)
      for (const event of EVENTS) log.append(event)
      const reading = firstThen(opened.other, 'a', 1, () => log.append(end))
      const seen = await reading
      expect(seen.map(({ event }) => event)).toEqual([...EVENTS, end])
      expect(seen.map(({ epoch, seq }) => [epoch, seq])).toEqual(seen.map((_, index) => [1, index + 1]))
    })

    it('are followed from any number on', async () => {
      await using opened = await open()
      const log = opened.runner.open('a', 3)
      for (const event of EVENTS) log.append(event)
      const later = firstThen(opened.other, 'a', 3, () => log.append(done), 5)
      expect((await later).map(({ seq }) => seq)).toEqual([5, 6, 7])
    })

    it('of another attempt are not followed', async () => {
      await using opened = await open()
      opened.runner.open('a', 2).append({ type: 'restart', keep: 0 })
      expect(await all(opened.other.follow('a', 1, 1, AbortSignal.timeout(100)))).toEqual([])
      expect(await all(opened.other.follow('b', 2, 1, AbortSignal.timeout(100)))).toEqual([])
    })

    it('are left when the follower goes', async () => {
      await using opened = await open()
      const log = opened.runner.open('a', 1)
      for (const event of EVENTS) log.append(event)
      const gone = new AbortController()
      const seen: AnswerEvent[] = []
      for await (const { event } of opened.other.follow('a', 1, 1, gone.signal)) {
        seen.push(event)
        if (seen.length === EVENTS.length) gone.abort()
      }
      expect(seen).toEqual(EVENTS)
    })

    it('end without an end when the answer goes on elsewhere', async () => {
      await using opened = await open()
      const log = opened.runner.open('a', 1)
      for (const event of EVENTS) log.append(event)
      log.close()
      log.append(done)
      expect(await all(log.read())).toEqual(EVENTS)
      expect(log.text).toBe('Ёж sleeps.')
    })
  })
}

/** Follows to the end; what `then` does comes after the first event was seen. */
async function firstThen(
  logs: AnswerLogs,
  answer: string,
  epoch: number,
  then: () => void,
  from = 1,
): Promise<LoggedEvent[]> {
  const seen: LoggedEvent[] = []
  for await (const logged of logs.follow(answer, epoch, from, NEVER)) {
    seen.push(logged)
    if (seen.length === 1) then()
  }
  return seen
}

/** What answer logs in Redis must do besides, whatever the form of Redis. */
export function redisLogsSuite(url: () => string): void {
  logsSuite('of two daemons', async () => {
    const keyPrefix = ownPrefix()
    const [one, two] = [
      await testRedis({ url: url(), keyPrefix }),
      await testRedis({ url: url(), keyPrefix }),
    ]
    return {
      runner: redisLogs(one),
      other: redisLogs(two),
      async [Symbol.asyncDispose]() {
        await Promise.all([one.close(), two.close()])
      },
    }
  })

  it('are read from daemons of an earlier version, and by them: they know only `refused`', async () => {
    await using redis = await testRedis({ url: url(), keyPrefix: ownPrefix() })
    const key = redis.key('log', 'a')
    const { certainty: _, ...earlier } = answerOf(ask, randomUUID())
    const body = JSON.stringify({ type: 'done', answer: { ...earlier, refused: true } })
    await redis.client.xadd(key, '1-1', 'e', body)
    expect(await all(redisLogs(redis).follow('a', 1, 1, NEVER))).toEqual([
      { type: 'done', answer: { ...earlier, certainty: 'not_found' } },
    ])

    const log = redisLogs(redis).open('a', 2)
    log.append({ type: 'delta', text: 'Closest:' })
    await expect.poll(() => redis.client.xlen(key)).toBe(2)
    log.append({ type: 'done', answer: { ...earlier, certainty: 'unsure' } })
    await expect.poll(() => redis.client.xlen(key)).toBe(3)
    const [, [, written] = []] = (await redis.client.xrange(key, '2-2', '2-2'))[0] ?? []
    expect(JSON.parse(written ?? '')).toMatchObject({ answer: { certainty: 'unsure', refused: false } })
  })

  it('take nothing from an attempt that was taken over', async () => {
    const keyPrefix = ownPrefix()
    await using one = await testRedis({ url: url(), keyPrefix })
    await using two = await testRedis({ url: url(), keyPrefix })
    const stalled = redisLogs(one).open('a', 1)
    stalled.append({ type: 'delta', text: 'old' })
    await expect.poll(() => two.client.xlen(two.key('log', 'a'))).toBe(1)
    const next = redisLogs(two).open('a', 2)
    next.append({ type: 'restart', keep: 0 })
    await expect.poll(() => two.client.xlen(two.key('log', 'a'))).toBe(2)
    stalled.append({ type: 'delta', text: 'late' })
    const seen = firstThen(redisLogs(one), 'a', 2, () => next.append(done))
    expect((await seen).map(({ event }) => event.type)).toEqual(['restart', 'done'])
    expect(await two.client.xlen(two.key('log', 'a'))).toBe(3)
  })

  it('are left where Redis has forgotten a part: never a silent gap', async () => {
    const keyPrefix = ownPrefix()
    await using redis = await testRedis({ url: url(), keyPrefix })
    const logs = redisLogs(redis)
    const log = logs.open('a', 1)
    for (const event of EVENTS) log.append(event)
    const key = redis.key('log', 'a')
    await expect.poll(() => redis.client.xlen(key)).toBe(EVENTS.length)
    await redis.client.del(key)
    log.append({ type: 'delta', text: 'after' })
    await expect.poll(() => redis.client.xlen(key)).toBe(1)
    expect(await all(logs.follow('a', 1, 1, NEVER))).toEqual([])
  })
}

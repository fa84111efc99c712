/** One stream per answer, which all daemons read and only its latest attempt may write. */
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { type AnswerEvent, type Position, START } from '../domain/answer.ts'
import { doubledMs } from '../domain/backoff.ts'
import { withCertainty, withRefused } from '../domain/certainty.ts'
import { ChatbotError } from '../domain/errors.ts'
import { parseJsonOrUndefined } from '../domain/json.ts'
import { AnswerLog, type AnswerLogs, KEPT_MS, type LoggedEvent, localLogs } from '../ports/answer-log.ts'
import { serverMessages } from '../protocol/messages.ts'
import { answerSchema, errorBodySchema, passageSchema } from '../protocol/shapes.ts'
import type { RedisClient, RedisConnection } from './connection.ts'

/** A shorter answer is not worth a stream: followers find it in the database. */
const WORTH_FOLLOWING_MS = 150
const EVENTS_PER_WRITE = 256
/** Between writes: what comes meanwhile is written together. A lost daemon takes so much of its text with it. */
const WRITE_EVERY_MS = 150
/** Between attempts to write while Redis is away. */
const RETRIES = { firstMs: 50, longestMs: 1000 }
/** Between polls of the stream; doubles while they find nothing. */
const POLLS = { firstMs: 40, longestMs: 640 }
const ENTRIES_PER_READ = 256

/**
 * Appends the events of an attempt from number ARGV[2] on, unless a later attempt has written: the fence. Returns what
 * happened and a number: `fenced`; `next`, the first number that the stream lacks, if events before ARGV[2] are missing
 * there (Redis has lost them) or after it has appended.
 */
const APPEND = `
local epoch, first, next = tonumber(ARGV[1]), tonumber(ARGV[2]), 1
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if last then
  local e, s = string.match(last[1], '^(%d+)-(%d+)$')
  if tonumber(e) > epoch then return {'fenced', tonumber(e)} end
  if tonumber(e) == epoch then next = tonumber(s) + 1 end
end
if first > next then return {'next', next} end
for i = 4, #ARGV do
  local seq = first + i - 4
  if seq >= next then
    redis.call('XADD', KEYS[1], ARGV[1] .. '-' .. seq, 'e', ARGV[i])
    next = seq + 1
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {'next', next}`
const APPEND_SHA = createHash('sha1').update(APPEND).digest('hex')
const appendedSchema = z.tuple([z.enum(['fenced', 'next']), z.number()])

export function redisLogs(redis: RedisConnection): AnswerLogs {
  const keyOf = (answer: string) => redis.key('log', encodeURIComponent(answer))
  const here = localLogs()
  return {
    open(answer, epoch, onFenced) {
      const log: AnswerLog = new AnswerLog(epoch, () => mirror())
      const mirror = mirrored(redis, keyOf(answer), log, onFenced)
      return here.add(answer, log)
    },
    async *follow(answer, after, signal) {
      let at = after
      let looks = 1
      for (;;) {
        const isLast = signal.aborted
        const entries = await read(redis, keyOf(answer), at)
        for (const logged of entries) {
          if (logged === undefined || !isNext(at, logged)) return
          yield logged
          at = logged
        }
        // What was written since the last look still counts.
        if (isLast && entries.length < ENTRIES_PER_READ) return
        looks = entries.length > 0 ? 1 : looks + 1
        await sleep(doubledMs(looks, POLLS), undefined, { signal }).catch(() => undefined)
      }
    },
    local: here.get,
    async recall(answer) {
      const events: LoggedEvent[] = []
      for (;;) {
        const entries = await read(redis, keyOf(answer), events.at(-1) ?? START)
        for (const logged of entries) {
          if (logged === undefined || !isNext(events.at(-1) ?? START, logged)) return events
          events.push(logged)
        }
        if (entries.length < ENTRIES_PER_READ) return events
      }
    },
  }
}

/** Entries after this position; undefined for one of another version. None while Redis is away. */
async function read(
  redis: RedisConnection,
  key: string,
  { epoch, seq }: Position,
): Promise<(LoggedEvent | undefined)[]> {
  const entries = await redis.attempt(
    (client) => client.xrange(key, `${epoch}-${seq + 1}`, '+', 'COUNT', ENTRIES_PER_READ),
    [],
  )
  return entries.map(([id, [, body]]) => {
    const [ofEpoch, number] = id.split('-').map(Number)
    const event = eventOf(body)
    if (ofEpoch === undefined || number === undefined || event === undefined) return undefined
    return { epoch: ofEpoch, seq: number, event }
  })
}

/** An attempt's events may end anywhere: the next attempt begins with 1. */
const isNext = (at: Position, { epoch, seq }: Position): boolean =>
  epoch === at.epoch ? seq === at.seq + 1 : seq === 1

/**
 * Copies the log to the stream in the background, in order and without gaps: while Redis is busy or away, events wait
 * in the log, where they are anyway. It ends when a later attempt has written.
 */
function mirrored(redis: RedisConnection, key: string, log: AnswerLog, onFenced: () => void): () => void {
  let written = 0
  let state: 'early' | 'idle' | 'writing' | 'over' = 'early'
  let begun: NodeJS.Timeout | undefined

  async function write(): Promise<void> {
    state = 'writing'
    let failures = 0
    while (written < log.events.length) {
      const batch = log.events.slice(written, written + EVENTS_PER_WRITE)
      const reply = await redis.attempt((client) => append(client, key, log.epoch, batch), undefined)
      if (reply === undefined) {
        // An answer that has ended is in the database.
        if (log.hasEnded) break
        failures += 1
        await sleep(doubledMs(failures, RETRIES), undefined, { ref: false })
        continue
      }
      const [outcome, number] = reply
      if (outcome === 'fenced') {
        state = 'over'
        onFenced()
        return
      }
      written = number - 1
      failures = 0
      if (!log.hasEnded) await sleep(WRITE_EVERY_MS, undefined, { ref: false })
    }
    state = log.hasEnded ? 'over' : 'idle'
  }

  return () => {
    if (state === 'idle') void write()
    if (state !== 'early') return
    if (log.epoch > 1) {
      // At once: this is what stops the attempt before.
      void write()
    } else if (log.hasEnded) {
      clearTimeout(begun)
      state = 'over'
    } else if (log.events.at(-1)?.event.type !== 'stage') {
      // Before that there is nothing to read; cached answers never get here.
      begun ??= setTimeout(() => void write(), WORTH_FOLLOWING_MS).unref()
    }
  }
}

async function append(
  client: RedisClient,
  key: string,
  epoch: number,
  batch: readonly LoggedEvent[],
): Promise<z.output<typeof appendedSchema>> {
  const first = batch[0]?.seq ?? 1
  const values = [epoch, first, KEPT_MS, ...batch.map(({ event }) => bodyOf(event))]
  const reply: unknown = await client.evalsha(APPEND_SHA, 1, key, ...values).catch((error: unknown) => {
    if (error instanceof Error && error.message.startsWith('NOSCRIPT'))
      return client.eval(APPEND, 1, key, ...values)
    throw error
  })
  return appendedSchema.parse(reply)
}

const { stage, delta, restart, snapshot } = serverMessages
const eventSchema: z.ZodType<AnswerEvent> = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('stage'),
    stage: stage.shape.stage,
    state: stage.shape.state,
    ms: z.number().optional(),
  }),
  z.object({ type: z.literal('context'), passages: z.array(passageSchema) }),
  z.object({ type: z.literal('delta'), text: delta.shape.text }),
  z.object({ type: z.literal('restart'), keep: restart.shape.keep, kept: z.string().optional() }),
  z.object({ type: z.literal('snapshot'), text: snapshot.shape.text }),
  z.object({ type: z.literal('done'), answer: answerSchema.transform(withCertainty) }),
  z.object({ type: z.literal('error'), error: errorBodySchema.transform(ChatbotError.from) }),
])

/** During a rolling upgrade, daemons of an earlier version read it too. */
const bodyOf = (event: AnswerEvent): string =>
  JSON.stringify(event.type === 'done' ? { ...event, answer: withRefused(event.answer) } : event)

const eventOf = (body: string | undefined): AnswerEvent | undefined =>
  eventSchema.safeParse(parseJsonOrUndefined(body ?? '')).data

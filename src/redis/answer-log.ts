import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { AnswerEvent } from '../domain/answer.ts'
import { doubledMs } from '../domain/backoff.ts'
import { withCertainty, withRefused } from '../domain/certainty.ts'
import { ChatbotError } from '../domain/errors.ts'
import { parseJsonOrUndefined } from '../domain/json.ts'
import { AnswerLog, type AnswerLogs, isEnd, type LoggedEvent } from '../ports/answer-log.ts'
import { serverMessages } from '../protocol/messages.ts'
import { answerSchema, errorBodySchema, passageSchema } from '../protocol/shapes.ts'
import type { RedisConnection } from './connection.ts'

/** A shorter answer is not worth a stream: followers find it in the database. */
const WORTH_FOLLOWING_MS = 150
const KEPT_MS = 10 * 60_000
/** Bytes queued for Redis; above it, Redis is too slow for this answer. */
const MAX_WAITING_BYTES = 4 * 1_048_576
/** Between polls of the stream; doubles while they find nothing. */
const POLLS = { firstMs: 40, longestMs: 640 }
const ENTRIES_PER_READ = 256

/**
 * One stream per answer. Entries have the ids `EPOCH-SEQ`, and Redis refuses an id that is not above the last one:
 * an attempt that was taken over is fenced off, and there are no duplicates.
 */
export function redisLogs(redis: RedisConnection): AnswerLogs {
  const keyOf = (answer: string) => redis.key('log', encodeURIComponent(answer))
  return {
    open(answer, epoch) {
      const mirror = mirrored(redis, keyOf(answer))
      return new AnswerLog(epoch, mirror)
    },
    async *follow(answer, epoch, from, signal) {
      let next = from
      let looks = 1
      while (!signal.aborted) {
        const entries = await redis.attempt(
          (client) => client.xrange(keyOf(answer), `${epoch}-${next}`, `${epoch}`, 'COUNT', ENTRIES_PER_READ),
          [],
        )
        for (const [id, [, body]] of entries) {
          const event = eventOf(body)
          if (id !== `${epoch}-${next}` || event === undefined) return
          yield { epoch, seq: next, event }
          if (isEnd(event)) return
          next += 1
        }
        looks = entries.length > 0 ? 1 : looks + 1
        await sleep(doubledMs(looks, POLLS), undefined, { signal }).catch(() => undefined)
      }
    },
  }
}

/** Copies events to the stream in the background: in batches while Redis is busy, and not at all once it has failed. */
function mirrored(redis: RedisConnection, key: string): (logged: LoggedEvent) => void {
  let waiting: { id: string; body: string }[] = []
  let bytes = 0
  let state: 'early' | 'idle' | 'writing' | 'given up' = 'early'
  const early: LoggedEvent[] = []
  let begun: NodeJS.Timeout | undefined

  async function write(): Promise<void> {
    state = 'writing'
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      bytes = 0
      const written = await redis.attempt(async (client) => {
        const pipeline = client.pipeline()
        for (const { id, body } of batch) pipeline.xadd(key, id, 'e', body)
        pipeline.pexpire(key, KEPT_MS)
        const replies = (await pipeline.exec()) ?? []
        return replies.every(([error]) => error === null)
      }, false)
      if (!written) {
        state = 'given up'
        waiting = []
        return
      }
    }
    state = 'idle'
  }

  function mirror({ epoch, seq, event }: LoggedEvent): void {
    const body = bodyOf(event)
    waiting.push({ id: `${epoch}-${seq}`, body })
    bytes += body.length
    if (bytes > MAX_WAITING_BYTES) {
      state = 'given up'
      waiting = []
    } else if (state === 'idle') void write()
  }

  function begin(): void {
    state = 'idle'
    for (const logged of early.splice(0)) mirror(logged)
  }

  return (logged) => {
    if (state === 'given up') return
    if (state !== 'early') mirror(logged)
    else if (isEnd(logged.event)) {
      clearTimeout(begun)
      state = 'given up'
      early.length = 0
    } else {
      early.push(logged)
      // Before that there is nothing to read; cached answers never get here.
      if (logged.event.type !== 'stage') begun ??= setTimeout(begin, WORTH_FOLLOWING_MS).unref()
    }
  }
}

const { stage, delta, restart } = serverMessages
const eventSchema: z.ZodType<AnswerEvent> = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('stage'),
    stage: stage.shape.stage,
    state: stage.shape.state,
    ms: z.number().optional(),
  }),
  z.object({ type: z.literal('context'), passages: z.array(passageSchema) }),
  z.object({ type: z.literal('delta'), text: delta.shape.text }),
  z.object({ type: z.literal('restart'), keep: restart.shape.keep }),
  z.object({ type: z.literal('done'), answer: answerSchema.transform(withCertainty) }),
  z.object({ type: z.literal('error'), error: errorBodySchema.transform(ChatbotError.from) }),
])

/** During a rolling upgrade, daemons of an earlier version read it too. */
const bodyOf = (event: AnswerEvent): string =>
  JSON.stringify(event.type === 'done' ? { ...event, answer: withRefused(event.answer) } : event)

const eventOf = (body: string | undefined): AnswerEvent | undefined =>
  eventSchema.safeParse(parseJsonOrUndefined(body ?? '')).data

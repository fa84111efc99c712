import { setTimeout as sleep } from 'node:timers/promises'
import Bottleneck from 'bottleneck'
import { LRUCache } from 'lru-cache'
import { type Rate, type RateLimiter, refill, type Standing } from '../ports/rate-limiter.ts'

/** Where limiters that several daemons share are kept. */
export interface SharedConnection {
  readonly connection: Bottleneck.IORedisConnection
  close: () => Promise<void>
}

/** `client` is ioredis'. */
export function sharedConnection(client: unknown): SharedConnection {
  const connection = new Bottleneck.IORedisConnection({ client })
  connection.on('error', () => undefined)
  return { connection, close: () => connection.disconnect(false) }
}

/** Subjects that are counted at once; the longest unused go first. */
const MAX_SUBJECTS = 10_000
/** A limiter that nobody used for so long is full again, and forgotten. */
const UNUSED_MS = 10 * 60_000

/** A connection that is not ready by then is not waited for. */
const READY_MS = 1000

/** Redis was flushed, or took this daemon for gone; bottleneck misses that, because Redis 7 puts ERR before it. */
const FORGOTTEN = /SETTINGS_KEY_NOT_FOUND|UNKNOWN_CLIENT/

interface Counter {
  readonly id: string
  readonly limiter: Bottleneck
  readonly ready: Promise<unknown>
  /** Nothing is left until then, in milliseconds since 1970: who keeps trying costs nobody a round trip. */
  emptyUntil: number
}

/** In this daemon's memory; with a connection, in the Redis that daemons share. Throws what Redis throws. */
export function bottleneckLimiter(prefix: string, shared?: SharedConnection): RateLimiter {
  const counters = new LRUCache<string, Counter>({
    max: MAX_SUBJECTS,
    ttl: UNUSED_MS,
    updateAgeOnGet: true,
    dispose: ({ limiter }) => void limiter.disconnect(false),
  })

  function counterOf(subject: string, rate: Rate): Counter {
    const { perMinute, burst } = rate
    // Another rate is another limiter: its settings lie with it in Redis.
    const id = `${prefix}:limit:{${encodeURIComponent(subject)}}:${perMinute}:${burst}`
    const known = counters.get(id)
    if (known !== undefined) return known
    const { amount, everyMs } = refill(rate)
    const limiter = new Bottleneck({
      id,
      reservoir: burst,
      reservoirIncreaseAmount: amount,
      reservoirIncreaseInterval: everyMs,
      reservoirIncreaseMaximum: burst,
      ...(shared === undefined
        ? {}
        : { datastore: 'ioredis', connection: shared.connection, timeout: UNUSED_MS }),
    })
    // Its heartbeat fails while Redis is away, and so does the next request, which says so.
    limiter.on('error', () => undefined)
    const counter = { id, limiter, ready: Promise.race([limiter.ready(), late()]), emptyUntil: 0 }
    counters.set(id, counter)
    return counter
  }

  async function takeOne(subject: string, rate: Rate): Promise<Standing> {
    const counter = counterOf(subject, rate)
    const { id, limiter, ready } = counter
    const { everyMs } = refill(rate)
    const pause = counter.emptyUntil - Date.now()
    if (pause > 0) return { allowed: false, limit: rate.burst, remaining: 0, retryAfterMs: pause }
    try {
      await ready
      const left = await limiter.incrementReservoir(-1)
      // What was refused costs nothing, or whoever keeps trying would never be let in.
      if (left < 0) {
        counter.emptyUntil = Date.now() + everyMs
        await limiter.incrementReservoir(1)
      }
      return {
        allowed: left >= 0,
        limit: rate.burst,
        remaining: Math.max(0, left),
        retryAfterMs: left > 0 ? 0 : everyMs,
      }
    } catch (error) {
      // It may never have been connected: the next one is made anew.
      if (counters.peek(id) === counter) counters.delete(id)
      throw error
    }
  }

  return {
    take: (subject, rate) =>
      takeOne(subject, rate).catch((error: unknown) => {
        if (error instanceof Error && FORGOTTEN.test(error.message)) return takeOne(subject, rate)
        throw error
      }),
    async close() {
      counters.clear()
      await shared?.close()
    },
  }
}

async function late(): Promise<never> {
  await sleep(READY_MS, undefined, { ref: false })
  throw new Error('the limiter is not connected')
}

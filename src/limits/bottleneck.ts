import { setTimeout as sleep } from 'node:timers/promises'
import Bottleneck from 'bottleneck'
import { LRUCache } from 'lru-cache'
import { type Rate, type RateLimiter, refill, type Standing } from '../ports/rate-limiter.ts'

/** Holds the limiters that several daemons share. */
export interface SharedConnection {
  readonly connection: Bottleneck.IORedisConnection
  close: () => Promise<void>
}

/** `client` is an ioredis client. */
export function sharedConnection(client: unknown): SharedConnection {
  const connection = new Bottleneck.IORedisConnection({ client })
  connection.on('error', () => undefined)
  return { connection, close: () => connection.disconnect(false) }
}

/** Subjects counted at the same time; the least recently used are evicted. */
const MAX_SUBJECTS = 10_000
/** A limiter unused for this long is full again, and dropped. */
const UNUSED_MS = 10 * 60_000

/** How long to wait for a connection to become ready. */
const READY_MS = 1000

/** Redis was flushed, or considers this daemon gone; bottleneck misses it, because Redis 7 prefixes ERR. */
const FORGOTTEN = /SETTINGS_KEY_NOT_FOUND|UNKNOWN_CLIENT/

interface Counter {
  readonly id: string
  readonly limiter: Bottleneck
  readonly ready: Promise<unknown>
  /** Empty until then, in milliseconds since 1970: retries before that cost no round trip. */
  emptyUntil: number
}

/** In this daemon's memory; with a connection, in the shared Redis. Throws Redis' errors. */
export function bottleneckLimiter(prefix: string, shared?: SharedConnection): RateLimiter {
  const counters = new LRUCache<string, Counter>({
    max: MAX_SUBJECTS,
    ttl: UNUSED_MS,
    updateAgeOnGet: true,
    dispose: ({ limiter }) => void limiter.disconnect(false),
  })

  function counterOf(subject: string, rate: Rate): Counter {
    const { perMinute, burst } = rate
    // A different rate is a different limiter, because Redis stores the settings with it.
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
    // Its heartbeat fails while Redis is down, and so does the next request, which reports it.
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
      // Refused requests cost nothing; otherwise a client that keeps retrying would never get in.
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
      // It may never have connected: create a new one next time.
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

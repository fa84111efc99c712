/**
 * The one connection to Redis. Redis may be absent, full, slow or flushed at any time: whoever asks says what holds
 * without it, nobody waits for it longer than a command may take, and its loss is told once.
 */
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { parseRedisUrl } from '../config/redis-address.ts'
import { backoffMs } from '../domain/backoff.ts'
import { wordsOf } from '../domain/errors.ts'

export type RedisClient = Redis | Cluster

export interface RedisSettings {
  readonly url: string
  readonly keyPrefix: string
  readonly caFile?: string | undefined
  readonly connectTimeoutMs: number
  readonly commandTimeoutMs: number
}

export interface RedisConnection {
  readonly client: RedisClient
  /** False while it is known not to answer. */
  readonly usable: boolean
  /** Why it cannot be relied on now; undefined when all is well. */
  readonly trouble: string | undefined
  /** What Redis says, or `otherwise` when it does not. */
  attempt: <T>(work: (client: RedisClient) => PromiseLike<T>, otherwise: T) => Promise<T>
  /** A key of this installation. In a cluster, keys with the same `slot` lie together. */
  key: (kind: string, slot: string) => string
  /** A further connection, for subscriptions. */
  duplicate: () => RedisClient
  /** Calls with every change of `trouble`. */
  onChange: (listener: (trouble: string | undefined) => void) => void
  close: () => Promise<void>
}

interface RedisLog {
  warn: (details: object, message: string) => void
  info: (details: object, message: string) => void
}

/** How often a Redis that failed is tried again, and one that nobody needs is asked whether it is there. */
const PROBE_MS = 1000
/** Between attempts to connect. */
const PAUSES = { firstMs: 100, longestMs: 2000 }

/** Connects in the background: does not wait, and does not throw when nobody is there. */
export function connectRedis(settings: RedisSettings, log: RedisLog): RedisConnection {
  const clients: RedisClient[] = []
  const open = () => {
    const made = newClient(settings)
    // Told below, once; without a listener ioredis prints each.
    made.on('error', (error: Error) => {
      lastError = error.message
    })
    clients.push(made)
    return made
  }
  let lastError = 'it has not answered yet'
  let trouble: string | undefined = 'it is being connected'
  let answers = false
  const listeners = new Set<(trouble: string | undefined) => void>()
  const client = open()

  function say(now: string | undefined): void {
    if (now === trouble) return
    const was = trouble
    trouble = now
    if (now === undefined) log.info({}, 'Redis answers')
    else if (was === undefined || was === 'it is being connected')
      log.warn({ reason: now }, 'Redis cannot be used: answers go on without it')
    for (const listener of listeners) listener(now)
  }

  function failed(error: unknown): void {
    const message = wordsOf(error)
    // An error that Redis itself gives came in time: what it refuses now it may grant the next time.
    const refused = /^(OOM|READONLY|LOADING|NOPERM|MISCONF|CLUSTERDOWN|BUSY|MASTERDOWN)\b/.test(message)
    answers = refused
    say(refused ? message : `${client.status === 'ready' ? message : lastError}`)
  }

  async function probe(): Promise<void> {
    try {
      // A write, because a Redis that is full still answers PING.
      await client.set(key('probe', 'probe'), '1', 'PX', 10 * PROBE_MS)
      answers = true
      say(undefined)
    } catch (error) {
      failed(error)
    }
  }

  const key = (kind: string, slot: string) => `${settings.keyPrefix}:${kind}:{${slot}}`
  const probing = setInterval(() => void probe(), PROBE_MS)
  probing.unref()
  client.on('ready', () => void probe())

  return {
    client,
    get usable() {
      return answers && client.status === 'ready'
    },
    get trouble() {
      return trouble
    },
    async attempt(work, otherwise) {
      if (!answers || client.status !== 'ready') return otherwise
      try {
        return await work(client)
      } catch (error) {
        failed(error)
        return otherwise
      }
    },
    key,
    duplicate: open,
    onChange: (listener) => {
      listeners.add(listener)
    },
    async close() {
      clearInterval(probing)
      for (const each of clients) each.disconnect()
    },
  }
}

/**
 * After a reconnect ioredis itself selects the database and subscribes again, and nobody would catch it when Redis does
 * not answer these. Whoever sends a command still gets its error.
 */
function quiet(client: Redis): Redis {
  const send = client.sendCommand.bind(client)
  client.sendCommand = (...args) => {
    const reply = send(...args)
    if (reply instanceof Promise) reply.catch(() => undefined)
    return reply
  }
  return client
}

function newClient({ url, caFile, connectTimeoutMs, commandTimeoutMs }: RedisSettings): RedisClient {
  const address = parseRedisUrl(url, caFile)
  const pause = (attempt: number) => backoffMs(attempt, PAUSES)
  const shared: RedisOptions = {
    ...address.options,
    connectionName: 'chatbot',
    connectTimeout: connectTimeoutMs,
    commandTimeout: commandTimeoutMs,
    socketTimeout: connectTimeoutMs + commandTimeoutMs,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    keepAlive: 10_000,
    // A replica that was the master until the failover.
    reconnectOnError: (error) => /^READONLY/.test(error.message),
  }
  switch (address.kind) {
    case 'single':
      return quiet(new Redis({ ...shared, ...address.node, db: address.db, retryStrategy: pause }))
    case 'sentinel':
      return quiet(
        new Redis({
          ...shared,
          sentinels: address.sentinels.map((node) => ({ ...node })),
          name: address.master,
          db: address.db,
          retryStrategy: pause,
          sentinelRetryStrategy: pause,
          // Else a master that was replaced, but lives, takes writes that are lost until a sentinel makes it a replica.
          failoverDetector: true,
          sentinelPassword: address.sentinelPassword,
          ...(address.options.tls === undefined
            ? {}
            : { enableTLSForSentinelMode: true, sentinelTLS: address.options.tls }),
        }),
      )
    case 'cluster':
      return new Cluster([...address.nodes], {
        enableOfflineQueue: false,
        clusterRetryStrategy: pause,
        slotsRefreshTimeout: connectTimeoutMs,
        // Each try of a master that is gone takes 100 ms, and nobody waits for it longer than for a command.
        maxRedirections: Math.max(2, Math.floor(commandTimeoutMs / 100)),
        redisOptions: shared,
        // The name that a certificate holds is the one that was asked for.
        ...(address.options.tls === undefined
          ? {}
          : { dnsLookup: (host: string, done: (error: null, host: string) => void) => done(null, host) }),
      })
  }
}

/**
 * The shared connection to Redis. Redis may be absent, full, slow or flushed at any time: each caller has a
 * fallback, waits no longer than the command timeout, and an outage is reported once.
 */
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { parseRedisUrl } from '../config/redis-address.ts'
import { backoffMs } from '../domain/backoff.ts'
import { errorText } from '../domain/errors.ts'

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
  /** False while Redis is known to be down. */
  readonly usable: boolean
  /** Why it is degraded; undefined if all is well. */
  readonly trouble: string | undefined
  /** Redis' response, or `otherwise` if there is none. */
  attempt: <T>(work: (client: RedisClient) => PromiseLike<T>, otherwise: T) => Promise<T>
  /** A key of this installation. In a cluster, keys with the same `slot` share a hash slot. */
  key: (kind: string, slot: string) => string
  /** Another connection, for subscriptions. */
  duplicate: () => RedisClient
  /** Calls back on every change of `trouble`. */
  onChange: (listener: (trouble: string | undefined) => void) => void
  close: () => Promise<void>
}

interface RedisLog {
  warn: (details: object, message: string) => void
  info: (details: object, message: string) => void
}

/** Interval of probes, after a failure and while idle. */
const PROBE_MS = 1000
/** Between attempts to connect. */
const PAUSES = { firstMs: 100, longestMs: 2000 }

/** Connects in the background: does not wait, and does not throw if Redis is down. */
export function connectRedis(settings: RedisSettings, log: RedisLog): RedisConnection {
  const clients: RedisClient[] = []
  const open = () => {
    const made = newClient(settings)
    // Reported once, below; without a listener ioredis prints each error.
    made.on('error', (error: Error) => {
      lastError = error.message
    })
    clients.push(made)
    return made
  }
  let lastError = 'it has not answered yet'
  let trouble: string | undefined = 'still connecting'
  let answers = false
  const listeners = new Set<(trouble: string | undefined) => void>()
  const client = open()

  function say(now: string | undefined): void {
    if (now === trouble) return
    const was = trouble
    trouble = now
    if (now === undefined) log.info({}, 'Redis is available')
    else if (was === undefined || was === 'still connecting')
      log.warn({ reason: now }, 'Redis is unavailable: answers continue without it')
    for (const listener of listeners) listener(now)
  }

  function failed(error: unknown): void {
    const message = errorText(error)
    // An error response from Redis arrived in time; the next command may succeed.
    const refused = /^(OOM|READONLY|LOADING|NOPERM|MISCONF|CLUSTERDOWN|BUSY|MASTERDOWN)\b/.test(message)
    answers = refused
    say(refused ? message : `${client.status === 'ready' ? message : lastError}`)
  }

  async function probe(): Promise<void> {
    try {
      // A write, because a full Redis still answers PING.
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
 * After a reconnect ioredis selects the database and subscribes again; if Redis does not answer these, the
 * rejection would be unhandled. Errors of normal commands still reach their callers.
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
    // A replica that was the master until a failover.
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
          // Without it, a replaced master that is still alive would accept writes, lost when a sentinel demotes
          // it.
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
        // Each retry of a lost master takes 100 ms; stay within the command timeout.
        maxRedirections: Math.max(2, Math.floor(commandTimeoutMs / 100)),
        redisOptions: shared,
        // The certificate names the host that was asked for.
        ...(address.options.tls === undefined
          ? {}
          : { dnsLookup: (host: string, done: (error: null, host: string) => void) => done(null, host) }),
      })
  }
}

/** Who may come in: every HTTP request and every WebSocket upgrade passes here first. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { LRUCache } from 'lru-cache'
import type { Identity } from '../src/auth/identity.ts'
import type { Config } from '../src/config/schema.ts'
import { ChatbotError } from '../src/domain/errors.ts'
import { isLoopback } from '../src/domain/loopback.ts'
import { LOCAL_PRINCIPAL } from '../src/domain/principal.ts'
import { addressLimiter, clientAddress, parseNetworks } from '../src/limits/addresses.ts'

export interface Entrance {
  /** Checks Host and Origin against the browser's tricks; throws `forbidden`. */
  admit(request: IncomingMessage): void
  /**
   * The caller of a request, by its Authorization header; undefined when it has none. Throws `unauthenticated`, or why
   * it cannot be known now.
   */
  identify(request: IncomingMessage): Promise<Identity | undefined>
  /** The caller by a token given in a message. Throws as `identify`. */
  verify(token: string): Promise<Identity>
}

export interface Gate extends Entrance {
  /** The same for the socket that this request opens. */
  behind(request: IncomingMessage): Gate
  /** A login: what is refused counts against the address. */
  attempt<T>(request: IncomingMessage, work: () => Promise<T>): Promise<T>
}

const LOCAL: Identity = { principal: LOCAL_PRINCIPAL }
/** Tokens that were good here; the longest unused go first. */
const MOST_GOOD_TOKENS = 10_000

/** Bounds what an address may send, and what it may try in vain, before anybody knows whose it is. */
export function limitedByAddress(entrance: Entrance, { limits, server }: Config): Gate {
  const trusted = parseNetworks(server.trustedProxies)
  const requests = addressLimiter({
    rate: { perMinute: limits.addressPerMinute, burst: limits.addressBurst },
    tooMany: 'Too many requests',
  })
  const failures = addressLimiter({
    rate: { perMinute: limits.addressFailuresPerMinute, burst: limits.addressFailuresBurst },
    tooMany: 'Too many wrong tokens and passwords',
  })
  /** Whoever has one is not shut out by a guesser behind the same address, and its end is no guess. */
  const good = new LRUCache<string, true>({ max: MOST_GOOD_TOKENS })

  async function tried<T>(
    request: IncomingMessage,
    token: string | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    const address = clientAddress(request, trusted)
    const mark = token === undefined ? undefined : digest(token).toString('base64')
    if (mark === undefined || !good.has(mark)) failures.check(address)
    try {
      const result = await work()
      if (mark !== undefined) good.set(mark, true)
      return result
    } catch (error) {
      const isWrong = error instanceof ChatbotError && error.code === 'unauthenticated'
      if (isWrong && (mark === undefined || !good.delete(mark))) failures.count(address)
      throw error
    }
  }

  const gate: Gate = {
    ...entrance,
    admit(request) {
      const address = clientAddress(request, trusted)
      requests.check(address)
      requests.count(address)
      entrance.admit(request)
    },
    async identify(request) {
      const token = bearer(request)
      if (token === undefined) return entrance.identify(request)
      return tried(request, token, () => entrance.identify(request))
    },
    attempt: (request, work) => tried(request, undefined, work),
    behind(request) {
      let passed = bearer(request)
      return {
        ...gate,
        async verify(token) {
          // Verified again, because something was revoked: that is no guess, whatever comes of it.
          if (token === passed) return entrance.verify(token)
          const identity = await tried(request, token, () => entrance.verify(token))
          passed = token
          return identity
        },
      }
    },
  }
  return gate
}

/** The daemon's own socket: its folder is 0700, so whoever can connect is the user. */
export const localGate: Gate = {
  admit() {},
  identify: async () => LOCAL,
  verify: async () => LOCAL,
  behind: () => localGate,
  attempt: (_request, work) => work(),
}

export interface TcpGateOptions {
  /** Of the data directory: whoever can read that file is its user. */
  readonly localToken: string
  /** Who any other token stands for. */
  readonly authenticate: (token: string) => Promise<Identity>
  /** Without, whoever is on this machine is its user. */
  readonly enabled: boolean
  /** The address that is bound. */
  readonly host: string
  readonly allowedHosts: readonly string[]
  readonly allowedOrigins: readonly string[]
}

/** TCP: a token, and a Host and Origin that no foreign web page can have. Throws `invalid_config`. */
export function tcpGate(options: TcpGateOptions): Entrance {
  const { host, allowedHosts, allowedOrigins } = options
  if (!options.enabled && !isLoopback(host)) {
    throw new ChatbotError(
      'invalid_config',
      `auth.enabled is off, and server.host ${host} can be reached by other machines: everybody there could read and delete everything. Turn auth.enabled on, or bind server.host to 127.0.0.1.`,
    )
  }
  const expected = digest(options.localToken)
  const hosts = new Set([host, ...LOOPBACK_NAMES, ...allowedHosts].map((name) => name.toLowerCase()))
  // Opened to a network without a list of names, every name may lead here: the token alone decides.
  const checkHost = isLoopback(host) || allowedHosts.length > 0

  const verify = async (token: string): Promise<Identity> =>
    timingSafeEqual(digest(token), expected) ? LOCAL : options.authenticate(token)

  return {
    verify,
    admit(request) {
      const { origin, host: asked } = request.headers
      // The page that this daemon shows itself; the check of the Host below refuses names bound to it by others.
      const own = origin !== undefined && URL.parse(origin)?.host === asked
      if (origin !== undefined && !own && !allowedOrigins.includes(origin)) {
        throw new ChatbotError(
          'forbidden',
          `The origin ${origin} may not connect. Add it to server.allowedOrigins to allow it.`,
        )
      }
      const name = hostname(request.headers.host)
      if (checkHost && !hosts.has(name)) {
        throw new ChatbotError(
          'forbidden',
          `The host name ${name} is not served here. Add it to server.allowedHosts to allow it.`,
        )
      }
    },
    async identify(request) {
      const given = bearer(request)
      if (given !== undefined) return verify(given)
      return options.enabled ? undefined : LOCAL
    },
  }
}

const bearer = ({ headers }: IncomingMessage) => /^Bearer +([^ ]+) *$/i.exec(headers.authorization ?? '')?.[1]

const LOOPBACK_NAMES: readonly string[] = ['localhost', '127.0.0.1', '::1', '[::1]']

const hostname = (header: string | undefined) => (header ?? '').toLowerCase().replace(/:\d+$/, '')

/** Equal lengths for timingSafeEqual, whatever was given. */
const digest = (text: string) => createHash('sha256').update(text).digest()

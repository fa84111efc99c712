/** Who may come in: every HTTP request and every WebSocket upgrade passes here first. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Identity } from '../src/auth/identity.ts'
import type { Config } from '../src/config/schema.ts'
import { ChatbotError } from '../src/domain/errors.ts'
import { isLoopback } from '../src/domain/loopback.ts'
import { LOCAL_PRINCIPAL } from '../src/domain/principal.ts'
import { addressLimiter, clientAddress, parseNetworks } from '../src/limits/addresses.ts'
import { type Attempts, attemptRegister, unlimited } from '../src/limits/attempts.ts'

export interface Entrance {
  /** Checks Host and Origin against the browser's tricks; throws `forbidden`. */
  admit: (request: IncomingMessage) => void
  /**
   * The caller of a request, by its Authorization header; undefined when it has none. Throws `unauthenticated`, or why
   * it cannot be known now.
   */
  identify: (request: IncomingMessage) => Promise<Identity | undefined>
  /** The caller by a token given in a message. Throws as `identify`. */
  verify: (token: string) => Promise<Identity>
}

export interface Gate extends Entrance {
  /** The same for the socket that this request opens. */
  behind: (request: IncomingMessage) => Gate
  /** How credentials in the body of a request are tried: wrong ones count against its address. */
  attempts: (request: IncomingMessage) => Attempts
}

const LOCAL: Identity = { principal: LOCAL_PRINCIPAL }
/** Bounds what an address may send, and what it may try in vain, before anybody knows whose it is. */
export function limitedByAddress(entrance: Entrance, { limits, server }: Config): Gate {
  const trusted = parseNetworks(server.trustedProxies)
  const requests = addressLimiter({
    rate: { perMinute: limits.addressPerMinute, burst: limits.addressBurst },
    tooMany: 'Too many requests',
  })
  const register = attemptRegister({
    rate: { perMinute: limits.addressFailuresPerMinute, burst: limits.addressFailuresBurst },
  })
  const addressOf = (request: IncomingMessage) => clientAddress(request, trusted)

  const gate: Gate = {
    ...entrance,
    admit(request) {
      const address = addressOf(request)
      const token = bearer(request)
      // Whoever was let in here before is counted alone, and not held up by others at the same address.
      const sender = (token === undefined ? undefined : register.known(address, token)) ?? address
      requests.check(sender)
      requests.count(sender)
      entrance.admit(request)
    },
    async identify(request) {
      const token = bearer(request)
      if (token === undefined) return entrance.identify(request)
      return gate.attempts(request).token(token, () => entrance.identify(request))
    },
    attempts: (request) => register.from(addressOf(request)),
    behind(request) {
      const attempts = gate.attempts(request)
      let passed = bearer(request)
      return {
        ...gate,
        async verify(token) {
          // Verified again, because something was revoked: that is no guess, whatever comes of it.
          if (token === passed) return entrance.verify(token)
          const identity = await attempts.token(token, () => entrance.verify(token))
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
  attempts: () => unlimited,
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

/** Whether a request may read the metrics: it has the token for them, and need not be known otherwise. */
export function scrapeGate(token: string | undefined): (request: IncomingMessage) => boolean {
  if (token === undefined) return () => false
  const expected = digest(token)
  return (request) => timingSafeEqual(digest(bearer(request) ?? ''), expected)
}

const bearer = ({ headers }: IncomingMessage) => /^Bearer +([^ ]+) *$/i.exec(headers.authorization ?? '')?.[1]

const LOOPBACK_NAMES: readonly string[] = ['localhost', '127.0.0.1', '::1', '[::1]']

const hostname = (header: string | undefined) => (header ?? '').toLowerCase().replace(/:\d+$/, '')

/** Equal lengths for timingSafeEqual, whatever was given. */
const digest = (text: string) => createHash('sha256').update(text).digest()

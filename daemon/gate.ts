/** The gate for every HTTP request and every WebSocket upgrade. */
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
  /** Checks Host and Origin against DNS rebinding and cross-site requests; throws `forbidden`. */
  admit: (request: IncomingMessage) => void
  /**
   * Identifies the caller by the Authorization header; undefined without one. Throws `unauthenticated`, or the reason
   * why the caller cannot be identified now.
   */
  identify: (request: IncomingMessage) => Promise<Identity | undefined>
  /** Identifies the caller by a token in a message. Throws like `identify`. */
  verify: (token: string) => Promise<Identity>
}

export interface Gate extends Entrance {
  /** The gate of the socket that this request opens. */
  behind: (request: IncomingMessage) => Gate
  /** Checks credentials in the body of a request: failures count against its address. */
  attempts: (request: IncomingMessage) => Attempts
}

const LOCAL: Identity = { principal: LOCAL_PRINCIPAL }
/** Limits an address's requests and failed attempts before the caller is identified. */
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
      // A caller that was identified here before is counted separately, and not delayed by others at the same address.
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
          // Verified again because something was revoked: a failure is not a guess.
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

/** The daemon's Unix socket: its folder is 0700, so every client is the machine's user. */
export const localGate: Gate = {
  admit() {},
  identify: async () => LOCAL,
  verify: async () => LOCAL,
  behind: () => localGate,
  attempts: () => unlimited,
}

export interface TcpGateOptions {
  /** In the data directory, readable only by the machine's user. */
  readonly localToken: string
  /** Identifies the caller of any other token. */
  readonly authenticate: (token: string) => Promise<Identity>
  /** False: every local caller counts as the machine's user. */
  readonly enabled: boolean
  /** The bound address. */
  readonly host: string
  readonly allowedHosts: readonly string[]
  readonly allowedOrigins: readonly string[]
}

/** TCP: requires a token, and a Host and Origin that no foreign web page can have. Throws `invalid_config`. */
export function tcpGate(options: TcpGateOptions): Entrance {
  const { host, allowedHosts, allowedOrigins } = options
  if (!options.enabled && !isLoopback(host)) {
    throw new ChatbotError(
      'invalid_config',
      `auth.enabled is off, and server.host ${host} can be reached from other machines: anybody there could read and delete everything. Turn auth.enabled on, or bind server.host to 127.0.0.1.`,
    )
  }
  const expected = digest(options.localToken)
  const hosts = new Set([host, ...LOOPBACK_NAMES, ...allowedHosts].map((name) => name.toLowerCase()))
  // Open to a network without a list of names, any name is valid here: the token alone decides.
  const checkHost = isLoopback(host) || allowedHosts.length > 0

  const verify = async (token: string): Promise<Identity> =>
    timingSafeEqual(digest(token), expected) ? LOCAL : options.authenticate(token)

  return {
    verify,
    admit(request) {
      const { origin, host: asked } = request.headers
      // The daemon's own page; the check of Host below refuses other names bound to its address.
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
          `The host name ${name} is not allowed. Add it to server.allowedHosts to allow it.`,
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

/** Whether a request may read the metrics: it has their token, and needs no other identity. */
export function scrapeGate(token: string | undefined): (request: IncomingMessage) => boolean {
  if (token === undefined) return () => false
  const expected = digest(token)
  return (request) => timingSafeEqual(digest(bearer(request) ?? ''), expected)
}

const bearer = ({ headers }: IncomingMessage) => /^Bearer +([^ ]+) *$/i.exec(headers.authorization ?? '')?.[1]

const LOOPBACK_NAMES: readonly string[] = ['localhost', '127.0.0.1', '::1', '[::1]']

const hostname = (header: string | undefined) => (header ?? '').toLowerCase().replace(/:\d+$/, '')

/** Gives timingSafeEqual inputs of equal length. */
const digest = (text: string) => createHash('sha256').update(text).digest()

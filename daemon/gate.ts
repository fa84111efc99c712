/** Who may come in: every HTTP request and every WebSocket upgrade passes here first. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { ChatbotError } from '../src/domain/errors.ts'
import { LOCAL_PRINCIPAL, type Principal } from '../src/domain/principal.ts'

export interface Gate {
  /** Checks Host and Origin against the browser's tricks; throws `forbidden`. */
  admit(request: IncomingMessage): void
  /** The caller of a request, by its Authorization header; undefined when it has none. Throws `unauthenticated`. */
  identify(request: IncomingMessage): Principal | undefined
  /** The caller by a token given in a message. Throws `unauthenticated`. */
  verify(token: string): Principal
}

/** The daemon's own socket: its folder is 0700, so whoever can connect is the user. */
export const localGate: Gate = {
  admit() {},
  identify: () => LOCAL_PRINCIPAL,
  verify: () => LOCAL_PRINCIPAL,
}

export interface TcpGateOptions {
  readonly token: string
  /** The address that is bound. */
  readonly host: string
  readonly allowedHosts: readonly string[]
  readonly allowedOrigins: readonly string[]
}

/** TCP: a token, and a Host and Origin that no foreign web page can have. */
export function tcpGate({ token, host, allowedHosts, allowedOrigins }: TcpGateOptions): Gate {
  const expected = digest(token)
  const hosts = new Set([host, ...LOOPBACK_NAMES, ...allowedHosts].map((name) => name.toLowerCase()))
  // Opened to a network without a list of names, every name may lead here: the token alone decides.
  const checkHost = LOOPBACK_NAMES.includes(host) || allowedHosts.length > 0

  function verify(given: string): Principal {
    if (!timingSafeEqual(digest(given), expected)) {
      throw new ChatbotError(
        'unauthenticated',
        'The token is wrong. The right one is in the file `token` of the data directory.',
      )
    }
    return LOCAL_PRINCIPAL
  }

  return {
    verify,
    admit(request) {
      const { origin } = request.headers
      if (origin !== undefined && !allowedOrigins.includes(origin)) {
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
    identify(request) {
      const [, given] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '') ?? []
      return given === undefined ? undefined : verify(given.trim())
    },
  }
}

const LOOPBACK_NAMES: readonly string[] = ['localhost', '127.0.0.1', '::1', '[::1]']

const hostname = (header: string | undefined) => (header ?? '').toLowerCase().replace(/:\d+$/, '')

/** Equal lengths for timingSafeEqual, whatever was given. */
const digest = (text: string) => createHash('sha256').update(text).digest()

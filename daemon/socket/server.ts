/** The WebSocket server on both HTTP servers: upgrades, connection limits, pings, closing. */
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Identity } from '../../src/auth/identity.ts'
import type { Config } from '../../src/config/schema.ts'
import { catching } from '../../src/domain/catching.ts'
import { ChatbotError, ERRORS } from '../../src/domain/errors.ts'
import { addressPool } from '../../src/limits/address-pool.ts'
import { clientAddress, parseNetworks } from '../../src/limits/addresses.ts'
import type { CloseName } from '../../src/protocol/close-codes.ts'
import { SOCKET_PATH, SUBPROTOCOL } from '../../src/protocol/messages.ts'
import type { Gate } from '../gate.ts'
import type { IdleConnections } from '../http/connections.ts'
import type { Logger } from '../log.ts'
import type { Life } from '../services.ts'
import { closeSocket } from './close-socket.ts'
import { SocketSession } from './session.ts'

/** Minimum average size of a message's fragments. */
const MIN_FRAGMENT_BYTES = 1024
/** Minimum average size of the network chunks of a frame. */
const MIN_CHUNK_BYTES = 64
/** Time for a client to read the refusal of an upgrade. */
const REFUSED_MS = 1000

export interface SocketServer {
  /** Handles upgrades of this HTTP server behind this gate. */
  attach: (server: Server, gate: Gate, connections?: IdleConnections) => void
  size: () => number
  /** Bytes held for clients that have not read them yet. */
  bufferedBytes: () => number
  /** Notifies every client that the daemon is draining. */
  announceDraining: (graceMs: number) => void
  /** Whether any socket was opened with a revocable token. */
  hasTokens: () => boolean
  /** Verifies those tokens again, and closes the sockets of revoked ones. */
  recheck: () => Promise<void>
  /** Closes all sockets with this code and gives them a moment to close. */
  close: (name: CloseName) => Promise<void>
}

export function socketServer(life: Life, config: Config, log: Logger): SocketServer {
  const { server: limits } = config
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: limits.maxFrameBytes,
    // Missing in its types. A message in tiny pieces costs many times its length in memory until it is complete.
    ...{
      closeTimeout: limits.stallTimeoutMs,
      maxFragments: limits.maxFrameBytes / MIN_FRAGMENT_BYTES,
      maxBufferedChunks: limits.maxFrameBytes / MIN_CHUNK_BYTES,
    },
    // A client that offers subprotocols must offer ours; one that offers none is accepted.
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  })
  const trusted = parseNetworks(limits.trustedProxies)
  /** Unauthenticated sockets, by address: an address that fills the pool evicts its own. */
  const greeting = addressPool<WebSocket>({
    most: limits.maxGreetingSockets,
    mostOfAddress: limits.maxGreetingSocketsPerAddress,
    evict: (socket) => closeSocket(socket, 'too_many_connections'),
  })
  const entered = new Set<WebSocket>()
  const sessions = new Map<WebSocket, SocketSession>()
  let closing = false
  const missedPongs = new WeakMap<WebSocket, number>()

  const failed = (error: unknown) => log.error({ err: error }, 'the socket server failed')
  const ping = catching(failed, (socket: WebSocket) => {
    // A closing socket is terminated when its time is over.
    if (socket.readyState !== socket.OPEN) return
    const missed = missedPongs.get(socket) ?? 0
    if (missed >= 2) {
      sessions.get(socket)?.stalled()
      return
    }
    missedPongs.set(socket, missed + 1)
    socket.ping()
  })
  const pinging = setInterval(() => {
    for (const socket of sockets.clients) ping(socket)
  }, limits.pingIntervalMs)
  pinging.unref()

  function enter(socket: WebSocket): boolean {
    greeting.remove(socket)
    if (entered.size >= limits.maxSockets) return false
    entered.add(socket)
    return true
  }

  function serve(
    socket: WebSocket,
    request: IncomingMessage,
    gate: Gate,
    identity: Identity | undefined | 'refused',
  ): void {
    socket.once('close', () => {
      greeting.remove(socket)
      entered.delete(socket)
      sessions.delete(socket)
    })
    const isKnown = identity !== undefined && identity !== 'refused'
    if (!isKnown) greeting.add(socket, clientAddress(request, trusted))
    if (identity === 'refused') {
      closeSocket(socket, 'unauthenticated')
      return
    }
    if (isKnown && !enter(socket)) {
      closeSocket(socket, 'too_many_connections')
      return
    }
    socket.on('pong', () => missedPongs.set(socket, 0))
    const session = new SocketSession({
      socket,
      stream: request.socket,
      life,
      config,
      gate: gate.behind(request),
      log,
      identity,
      enter: () => isKnown || enter(socket),
    })
    sessions.set(socket, session)
  }

  return {
    attach(server, gate, connections) {
      server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
        // Until `ws` takes over the stream, a reset by the peer would be an uncaught error.
        const ignore = () => stream.destroy()
        stream.on('error', ignore)
        const admit = async () => {
          if (request.url?.split('?')[0] !== SOCKET_PATH) {
            throw new ChatbotError('not_found', `The WebSocket is at ${SOCKET_PATH}.`)
          }
          gate.admit(request)
          // A wrong token closes the socket with a code below, because browsers cannot read a refused upgrade.
          const caller = await identified(gate, request)
          if (closing) throw new ChatbotError('draining', 'The daemon is shutting down.')
          sockets.handleUpgrade(request, stream, head, (socket) => {
            // First: without a listener, a bad frame on a closing socket would crash the daemon.
            socket.on('error', (error) => log.debug({ err: error }, 'socket error'))
            stream.off('error', ignore)
            const begin = catching(
              (error) => {
                failed(error)
                closeSocket(socket, 'internal')
              },
              () => {
                connections?.leave(request.socket)
                serve(socket, request, gate, caller)
              },
            )
            begin()
          })
        }
        admit()
          .catch((error: unknown) => {
            if (!(error instanceof ChatbotError)) failed(error)
            refuse(stream, ChatbotError.wrap(error))
          })
          .catch(failed)
      })
    },
    size: () => sockets.clients.size,
    bufferedBytes: () => [...sessions.values()].reduce((sum, { bufferedBytes }) => sum + bufferedBytes, 0),
    hasTokens: () => [...sessions.values()].some(({ token }) => token !== undefined),
    async recheck() {
      const byToken = Map.groupBy(sessions.values(), ({ token }) => token)
      for (const [token, holders] of byToken) {
        if (token !== undefined && !(await holders[0]?.isGood(token))) {
          for (const session of holders) session.refuse(token)
        }
      }
    },
    announceDraining(graceMs) {
      for (const session of sessions.values()) session.send({ type: 'draining', graceMs })
    },
    async close(name) {
      closing = true
      clearInterval(pinging)
      const gone = [...sockets.clients].map(
        (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
      )
      for (const socket of sockets.clients) closeSocket(socket, name)
      await Promise.all(gone)
      sockets.close()
    },
  }
}

async function identified(gate: Gate, request: IncomingMessage): Promise<Identity | undefined | 'refused'> {
  try {
    return await gate.identify(request)
  } catch (error) {
    if (!(error instanceof ChatbotError) || error.code !== 'unauthenticated') throw error
    return 'refused'
  }
}

function refuse(stream: Duplex, error: ChatbotError): void {
  const body = JSON.stringify({ error })
  // A peer that does not close its side would keep the connection open.
  setTimeout(() => stream.destroy(), REFUSED_MS).unref()
  stream.end(
    `HTTP/1.1 ${ERRORS[error.code].http} Refused\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

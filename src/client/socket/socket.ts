/** One WebSocket to the daemon, from handshake to close: greets, validates, detects dead connections. */
import { connect as connectSocket } from 'node:net'
import WebSocket, { type ClientOptions, type RawData } from 'ws'
import { catching } from '../../domain/catching.ts'
import { ChatbotError } from '../../domain/errors.ts'
import { parseJson } from '../../domain/json.ts'
import {
  type ClientMessage,
  type ServerMessage,
  SOCKET_PATH,
  SUBPROTOCOL,
  serverMessageSchema,
  serverMessages,
  type Welcome,
} from '../../protocol/messages.ts'
import type { DaemonAddress } from '../client.ts'
import { authorization } from '../credentials.ts'
import { closeError, refusedUpgrade, unreachable } from './socket-errors.ts'

export interface OpenSocket {
  readonly welcome: Welcome
  send: (frame: string) => void
  /** Closes gracefully: frames sent before still arrive; resolves when the socket is closed. */
  close: () => Promise<void>
  /** Drops the connection at once; `onClose` follows. */
  drop: (reason: string) => void
}

interface SocketOptions {
  readonly version: string
  readonly onMessage: (message: Exclude<ServerMessage, Welcome>) => void
  /** Called for anything received from the daemon. */
  readonly onLife: () => void
  /** Called once, after a successful greeting; `terminal` after a 44xx code or a malformed frame. */
  readonly onClose: (closed: { error: ChatbotError; terminal: boolean }) => void
  readonly handshakeTimeoutMs: number
}

/** A `done` carries the whole answer with its citations; no message of the daemon comes near this size. */
const MAX_SERVER_FRAME_BYTES = 32 * 1024 * 1024

/** Ping intervals without a message after which the connection is considered dead. */
const SILENT_INTERVALS = 2.5

const CLOSE_WAIT_MS = 2000

/**
 * Connects and greets. Throws `daemon_unreachable`, `timeout`, or the daemon's error: `unauthenticated`, `forbidden`,
 * `overloaded`, `draining`, `version_mismatch`.
 */
export function openSocket(endpoint: DaemonAddress, options: SocketOptions): Promise<OpenSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(addressOf(endpoint), [SUBPROTOCOL], connectionOptions(endpoint))
    let welcome: Welcome | undefined
    let failure: ChatbotError | undefined
    let silence: NodeJS.Timeout | undefined

    const drop = (error: ChatbotError) => {
      failure ??= error
      socket.terminate()
    }
    const greeting = setTimeout(() => {
      drop(new ChatbotError('timeout', 'The daemon did not answer in time. Look at: chatbot status'))
    }, options.handshakeTimeoutMs)
    const alive = () => {
      if (welcome === undefined) return
      options.onLife()
      clearTimeout(silence)
      silence = setTimeout(
        () => drop(new ChatbotError('daemon_unreachable', 'The connection to the daemon went silent.')),
        welcome.pingIntervalMs * SILENT_INTERVALS,
      )
    }

    socket.on('open', () => {
      const hello: ClientMessage = { type: 'hello', version: options.version }
      socket.send(JSON.stringify(hello))
    })
    socket.on('unexpected-response', (_request, response) => {
      failure ??= refusedUpgrade(response.statusCode ?? 0)
      response.resume()
      socket.terminate()
    })
    socket.on('error', (error) => {
      failure ??= unreachable(endpoint, error)
    })
    socket.on('ping', alive)
    const hear = (data: RawData, isBinary: boolean) => {
      alive()
      const message = readFrame(data, isBinary, welcome === undefined)
      if (message instanceof ChatbotError) drop(message)
      else if (message?.type === 'welcome') {
        if (welcome !== undefined) return
        welcome = message
        clearTimeout(greeting)
        alive()
        resolve(opened(message))
      } else if (message?.type === 'error' && welcome === undefined) {
        drop(ChatbotError.from(message))
      } else if (message !== undefined && welcome !== undefined) {
        options.onMessage(message)
      }
    }
    socket.on(
      'message',
      catching((error) => drop(ChatbotError.wrap(error)), hear),
    )
    socket.on('close', (code, reason) => {
      clearTimeout(greeting)
      clearTimeout(silence)
      const closed = closeError(code, reason.toString())
      const error = failure ?? closed.error
      if (welcome === undefined) reject(error)
      else options.onClose({ error, terminal: error.code === 'bad_message' || closed.terminal })
    })

    function opened(greeted: Welcome): OpenSocket {
      return {
        welcome: greeted,
        send: (frame) => socket.send(frame, ignoreSendError),
        close: () => closeSocket(socket),
        drop: (reason) => drop(new ChatbotError('daemon_unreachable', reason)),
      }
    }
  })
}

/** Unsent frames are sent again after reconnecting; `close` reports the loss. */
const ignoreSendError = () => undefined

function closeSocket(socket: WebSocket): Promise<void> {
  if (socket.readyState === WebSocket.CLOSED) return Promise.resolve()
  return new Promise((resolve) => {
    const impatience = setTimeout(() => socket.terminate(), CLOSE_WAIT_MS)
    socket.once('close', () => {
      clearTimeout(impatience)
      resolve()
    })
    socket.close(1000)
  })
}

/** The message of a frame; undefined for an unknown one of a newer protocol; an error for an invalid one. */
function readFrame(
  data: RawData,
  isBinary: boolean,
  first: boolean,
): ServerMessage | ChatbotError | undefined {
  let content: unknown
  try {
    if (isBinary) return malformed('a binary frame')
    content = parseJson(data.toString())
  } catch {
    return malformed('a frame that is not JSON')
  }
  if (typeof content !== 'object' || content === null || !('type' in content)) {
    return malformed('a frame without a type')
  }
  const parsed = serverMessageSchema.safeParse(content)
  if (parsed.success) return parsed.data
  if (first && content.type === 'welcome') {
    return new ChatbotError(
      'version_mismatch',
      'The daemon uses a different version of the protocol than this program. Restart it: chatbot restart',
    )
  }
  const known = typeof content.type === 'string' && Object.hasOwn(serverMessages, content.type)
  return known ? malformed(`a malformed \`${content.type}\``) : undefined
}

const malformed = (what: string) =>
  new ChatbotError(
    'bad_message',
    `The daemon sent ${what}: it is a different program or version. Try: chatbot restart`,
  )

function addressOf(endpoint: DaemonAddress): URL {
  if (endpoint.kind === 'local') return new URL(`ws://localhost${SOCKET_PATH}`)
  const base = new URL(endpoint.url.replace(/^http/, 'ws'))
  base.pathname = base.pathname.replace(/\/$/, '') + SOCKET_PATH
  return base
}

function connectionOptions(endpoint: DaemonAddress): ClientOptions {
  const shared: ClientOptions = { perMessageDeflate: false, maxPayload: MAX_SERVER_FRAME_BYTES }
  if (endpoint.kind === 'local') {
    // Not a ws+unix: URL, because its path would end at the first colon.
    return { ...shared, createConnection: () => connectSocket(endpoint.socketPath) }
  }
  return { ...shared, headers: authorization(endpoint) }
}

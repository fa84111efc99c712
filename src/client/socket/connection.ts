import { type BackoffBounds, backoffMs } from '../../domain/backoff.ts'
import { ChatbotError } from '../../domain/errors.ts'
import type { ClientMessage, ServerMessage, Welcome } from '../../protocol/messages.ts'
import type { ConnectionState, DaemonAddress } from '../client.ts'
import { pause } from '../pause.ts'
import type { Exchange } from './exchange.ts'
import { type OpenSocket, openSocket } from './socket.ts'
import { isFinal } from './socket-errors.ts'

export interface ConnectionOptions {
  /** Version of this program; the daemon logs it. */
  readonly version: string
  readonly reconnect?: Partial<BackoffBounds> & {
    /** Attempts in a row before the client gives up; default: 12, about two minutes. */
    readonly attempts?: number
  }
  /**
   * Called before every reconnect, to restart a daemon that is gone; throws if that fails. Without `start` it only
   * looks for one: the daemon was stopped on purpose, and no answer is pending.
   */
  readonly reopen?: (how: { readonly start: boolean }) => Promise<DaemonAddress>
  readonly handshakeTimeoutMs?: number
  readonly random?: () => number
  /** Resolves after this time, or at once when the signal is aborted. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>
}

/** Less than the minimum lifetime of a command's token: see src/client/target.ts. */
const RENEW_BEFORE_MS = 45_000
const MAX_TIMER_MS = 2 ** 31 - 1

/** Successive sockets to one daemon, and the exchanges that outlive them. */
export class Connection {
  readonly #options: ConnectionOptions
  readonly #exchanges = new Map<string, Exchange>()
  /** Exchanges that were sent on the current socket. */
  readonly #sent = new Set<string>()
  /** Ids to cancel as soon as there is a socket. */
  readonly #cancelled = new Set<string>()
  readonly #listeners = new Set<(state: ConnectionState) => void>()
  readonly #gone = new AbortController()
  /** Ends the pause of an idle connection. */
  #wanted = new AbortController()
  #endpoint: DaemonAddress
  #socket: OpenSocket | undefined
  #welcome: Welcome | undefined
  /** The last daemon is stopping, or has stopped, on purpose. */
  #draining = false
  /** Attempts since the daemon last responded. */
  #attempt = 0
  #closed: { readonly error?: ChatbotError } | undefined
  #renewal: NodeJS.Timeout | undefined

  private constructor(endpoint: DaemonAddress, options: ConnectionOptions) {
    this.#endpoint = endpoint
    this.#options = options
  }

  static async open(endpoint: DaemonAddress, options: ConnectionOptions): Promise<Connection> {
    const connection = new Connection(endpoint, options)
    await connection.#connect()
    return connection
  }

  /** The limits in the daemon's latest greeting. */
  get limits(): Welcome['limits'] {
    if (this.#welcome === undefined) throw new Error('limits of a connection that was never open')
    return this.#welcome.limits
  }

  /** Starts an exchange now, or when there is a socket again. */
  begin(exchange: Exchange): void {
    if (this.#closed !== undefined) {
      exchange.fail(this.#closed.error ?? new ChatbotError('daemon_unreachable', 'The client was closed.'))
      return
    }
    if (this.#exchanges.has(exchange.id)) {
      exchange.fail(new ChatbotError('id_reused', `The id ${exchange.id} is in use on this connection.`))
      return
    }
    const idle = this.#idle()
    this.#exchanges.set(exchange.id, exchange)
    if (idle) this.#wake()
    if (this.#draining) this.#leaveWhenIdle()
    else this.#send(exchange)
  }

  /** Forgets an exchange and tells the daemon to stop it. */
  cancel(id: string): void {
    if (!this.#exchanges.delete(id)) return
    this.#sent.delete(id)
    this.#cancelled.add(id)
    this.#flushCancels()
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    const socket = this.#socket
    this.#end(undefined)
    await socket?.close()
  }

  async #connect(): Promise<void> {
    const socket = await openSocket(this.#endpoint, {
      version: this.#options.version,
      handshakeTimeoutMs: this.#options.handshakeTimeoutMs ?? 10_000,
      onMessage: (message) => this.#receive(message),
      onLife: () => {
        this.#attempt = 0
      },
      onClose: ({ error, terminal }) => this.#lost(error, terminal),
    })
    if (this.#closed !== undefined) {
      await socket.close()
      return
    }
    this.#socket = socket
    this.#welcome = socket.welcome
    this.#draining = false
    this.#renewBefore(socket.welcome.expiresAt)
    this.#tell({ state: 'connected', welcome: socket.welcome })
    this.#flushCancels()
    for (const exchange of this.#exchanges.values()) this.#send(exchange)
  }

  #send(exchange: Exchange): void {
    if (this.#socket === undefined) return
    this.#sent.add(exchange.id)
    this.#socket.send(exchange.frame)
  }

  #receive(message: ServerMessage): void {
    if (message.type === 'draining') {
      this.#draining = true
      this.#leaveWhenIdle()
      return
    }
    if (message.type === 'renewed') {
      this.#renewBefore(message.expiresAt)
      return
    }
    const exchange = 'id' in message && message.id !== undefined ? this.#exchanges.get(message.id) : undefined
    if (exchange === undefined) return
    if (message.type === 'error' && message.code === 'draining') {
      // Refused by the draining daemon: it is asked again on the next socket.
      this.#draining = true
      this.#sent.delete(exchange.id)
      this.#leaveWhenIdle()
      return
    }
    const received = exchange.receive(message)
    if (typeof received === 'object') {
      this.#sent.delete(exchange.id)
      const again = () => {
        if (this.#exchanges.get(exchange.id) === exchange && !this.#sent.has(exchange.id))
          this.#send(exchange)
      }
      setTimeout(again, received.retryInMs).unref()
      return
    }
    if (received === 'lost') this.#socket?.drop('Events of an answer are missing.')
    if (received === 'finished') {
      this.#exchanges.delete(exchange.id)
      this.#sent.delete(exchange.id)
      this.#leaveWhenIdle()
    }
  }

  /** Keeps the socket of a login that can be renewed: sends the fresh token before the old one expires. */
  #renewBefore(expiresAt: string | undefined): void {
    clearTimeout(this.#renewal)
    const { reopen } = this.#options
    if (expiresAt === undefined || reopen === undefined) return
    const left = Date.parse(expiresAt) - Date.now()
    const renew = async () => {
      const endpoint = await reopen({ start: false })
      const fresh = endpoint.kind === 'tcp' ? endpoint.token : undefined
      const known = this.#endpoint.kind === 'tcp' ? this.#endpoint.token : undefined
      this.#endpoint = endpoint
      if (fresh === undefined || fresh === known) return
      const auth: ClientMessage = { type: 'auth', token: fresh }
      this.#socket?.send(JSON.stringify(auth))
    }
    // A token that cannot be renewed ends with its socket, which reports the reason.
    const inMs = Math.max(left / 2, left - RENEW_BEFORE_MS)
    this.#renewal = setTimeout(() => renew().catch(() => undefined), Math.min(inMs, MAX_TIMER_MS))
    this.#renewal.unref()
  }

  /** A draining daemon finishes accepted work; everything else waits for the next daemon. */
  #leaveWhenIdle(): void {
    if (this.#draining && this.#sent.size === 0) this.#socket?.drop('The daemon is shutting down.')
  }

  #flushCancels(): void {
    if (this.#socket === undefined) return
    for (const id of this.#cancelled) {
      const cancel: ClientMessage = { type: 'cancel', id }
      this.#socket.send(JSON.stringify(cancel))
    }
    this.#cancelled.clear()
  }

  #lost(error: ChatbotError, terminal: boolean): void {
    clearTimeout(this.#renewal)
    this.#socket = undefined
    this.#sent.clear()
    if (this.#closed !== undefined) return
    if (error.code === 'draining') this.#draining = true
    if (terminal) this.#end(error)
    else void this.#reconnect(error)
  }

  async #reconnect(first: ChatbotError): Promise<void> {
    const { attempts = 12, firstMs = 250, longestMs = 15_000 } = this.#options.reconnect ?? {}
    const { random, wait = pause } = this.#options
    let error = first
    while (this.#closed === undefined && this.#socket === undefined) {
      const attempt = ++this.#attempt
      if (attempt > attempts && !this.#idle()) return this.#end(error)
      const inMs = backoffMs(attempt, { firstMs, longestMs }, random)
      this.#tell({ state: 'reconnecting', attempt, inMs, reason: error.message })
      await wait(inMs, AbortSignal.any([this.#gone.signal, this.#wanted.signal]))
      if (this.#closed !== undefined) return
      try {
        this.#endpoint = (await this.#options.reopen?.({ start: !this.#idle() })) ?? this.#endpoint
        await this.#connect()
      } catch (thrown) {
        error = ChatbotError.wrap(thrown, 'daemon_unreachable')
        if (error.code === 'draining') this.#draining = true
        if (isFinal(error)) return this.#end(error)
      }
    }
  }

  /** The daemon was stopped on purpose, and nothing needs one. */
  #idle(): boolean {
    return (
      this.#options.reopen !== undefined &&
      this.#socket === undefined &&
      this.#draining &&
      this.#exchanges.size === 0
    )
  }

  #wake(): void {
    this.#attempt = 0
    this.#wanted.abort()
    this.#wanted = new AbortController()
  }

  #end(error: ChatbotError | undefined): void {
    if (this.#closed !== undefined) return
    this.#closed = { error }
    this.#socket = undefined
    this.#gone.abort()
    clearTimeout(this.#renewal)
    const reason = error ?? new ChatbotError('daemon_unreachable', 'The client was closed.')
    for (const exchange of this.#exchanges.values()) exchange.fail(reason)
    this.#exchanges.clear()
    this.#tell({ state: 'closed', error })
  }

  #tell(state: ConnectionState): void {
    for (const listener of this.#listeners) listener(state)
  }
}

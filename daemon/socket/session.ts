/** One WebSocket: reads the client's messages, executes them, and sends the daemon's. */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Accepted } from '../../src/answers/answers.ts'
import type { Identity } from '../../src/auth/identity.ts'
import type { Config } from '../../src/config/schema.ts'
import { catching } from '../../src/domain/catching.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import type { Principal } from '../../src/domain/principal.ts'
import { MAX_QUESTION_CHARACTERS } from '../../src/domain/question.ts'
import { takeRequest } from '../../src/limits/limits.ts'
import { DEFAULT_RESULTS, searchPassages } from '../../src/pipeline/search.ts'
import { KEPT_MS } from '../../src/ports/answer-log.ts'
import {
  type AskMessage,
  type ClientMessage,
  type HistoryMessage,
  PROTOCOL_VERSION,
  type ResumeMessage,
  type SearchMessage,
  type ServerMessage,
} from '../../src/protocol/messages.ts'
import { readClientMessage } from '../../src/protocol/read.ts'
import { withOptions } from '../../src/protocol/retrieval.ts'
import { eventMessage } from '../event-message.ts'
import type { Gate } from '../gate.ts'
import { conversation, turn } from '../http/endpoints.ts'
import type { Logger } from '../log.ts'
import { type Life, type Services, servicesOf } from '../services.ts'
import { closeSocket } from './close-socket.ts'
import { Outbox } from './outbox.ts'

export interface SocketSessionOptions {
  readonly socket: WebSocket
  /** The socket's underlying stream. */
  readonly stream: Duplex
  readonly life: Life
  readonly config: Config
  readonly gate: Gate
  readonly log: Logger
  /** The identity from the upgrade's header. */
  readonly identity: Identity | undefined
  /** The caller has been identified; false: there is no room for them. */
  enter: () => boolean
}

const DEFAULT_TURNS = 50
/** Messages queued until the greeting is complete. */
const MAX_EARLY = 16
/** Passages and turns looked up concurrently for one socket; further lookups wait until those are sent. */
const MAX_LOOKED_UP = 80
/** Longer timers fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

const isUnauthenticated = (error: unknown) =>
  error instanceof ChatbotError && error.code === 'unauthenticated'

export class SocketSession {
  readonly #options: SocketSessionOptions
  readonly #helloTimer: NodeJS.Timeout
  /** Stops reading answers; the answers themselves continue. */
  readonly #closed = new AbortController()
  readonly #outbox: Outbox
  readonly #asks = new Set<string>()
  /** Answers whose events are being sent. */
  readonly #reading = new Set<Accepted>()
  /** Running searches and histories. */
  readonly #lookups = new Map<string, AbortController>()
  #lookedUp = 0
  #lookupEnded: PromiseWithResolvers<void> | undefined
  /** Running cancels: a new ask with the same id waits for them. */
  readonly #cancels = new Map<string, Promise<void>>()
  #identity: Identity | undefined
  #expiry: NodeJS.Timeout | undefined
  #state: 'new' | 'greeting' | 'greeted' = 'new'
  /** Messages sent before `welcome`. */
  readonly #early: ClientMessage[] = []
  #earlyUnits = 0
  /** An internal error closes only the socket where it occurred. */
  readonly #broke = (error: unknown): void => {
    this.#options.log.error({ err: error }, 'a socket failed')
    closeSocket(this.#options.socket, 'internal')
  }

  constructor(options: SocketSessionOptions) {
    this.#options = options
    const { socket, stream, config } = options
    const { maxBufferedBytes, stallTimeoutMs } = config.server
    this.#outbox = new Outbox({
      socket,
      stream,
      maxBufferedBytes,
      stallTimeoutMs,
      // Ended answers are in memory only for their readers.
      heldBytes: () => [...this.#reading].map((accepted) => accepted.heldBytes()),
      giveUp: () => this.stalled(),
    })
    this.#helloTimer = setTimeout(() => closeSocket(socket, 'hello_timeout'), config.server.helloTimeoutMs)
    if (options.identity !== undefined) this.#become(options.identity)
    socket.on(
      'message',
      catching(this.#broke, (data, isBinary) => this.#receive(data.toString(), isBinary)),
    )
    socket.on(
      'close',
      catching(this.#broke, () => {
        clearTimeout(this.#helloTimer)
        clearTimeout(this.#expiry)
        this.#end()
      }),
    )
  }

  /** The socket's current token, if it can be revoked. */
  get token(): string | undefined {
    return this.#identity?.token
  }

  /** Whether a token is still valid; throws if that cannot be checked now. */
  async isGood(token: string): Promise<boolean> {
    try {
      await this.#options.gate.verify(token)
      return true
    } catch (error) {
      if (isUnauthenticated(error)) return false
      throw error
    }
  }

  /** Closes the socket unless it has a newer token. */
  refuse(token: string): void {
    if (this.token === token) closeSocket(this.#options.socket, 'unauthenticated')
  }

  /** Closes the socket of a slow consumer, with time to receive the close. */
  stalled(): void {
    const { socket, config, log } = this.#options
    log.info({ user: this.#identity?.principal.id }, 'closing a socket: the client reads too slowly')
    closeSocket(socket, 'slow_consumer', { graceMs: config.server.stallTimeoutMs })
    this.#end()
  }

  /** Bytes held until the client has read them. */
  get bufferedBytes(): number {
    return this.#outbox.bytes
  }

  send(message: ServerMessage): void {
    this.#outbox.send(message)
  }

  /** Stops all reading and lookups for it. */
  #end(): void {
    this.#outbox.stop()
    this.#closed.abort()
  }

  #receive(text: string, isBinary: boolean): void {
    const { socket } = this.#options
    if (socket.readyState !== socket.OPEN) return
    const read = isBinary
      ? ({ kind: 'malformed', reason: 'binary frames are not used' } as const)
      : readClientMessage(text)
    switch (read.kind) {
      case 'malformed':
        closeSocket(socket, 'bad_message', { reason: read.reason })
        return
      case 'invalid':
        this.#fail(read.id, new ChatbotError('bad_message', read.reason))
        return
      case 'message':
        this.#dispatch(read.message)
    }
  }

  #dispatch(message: ClientMessage): void {
    const { socket, life } = this.#options
    if (message.type === 'hello') {
      this.#hello(message.token)
      return
    }
    if (this.#state === 'greeting') {
      this.#keepEarly(message)
      return
    }
    const principal = this.#identity?.principal
    if (this.#state !== 'greeted' || principal === undefined) {
      closeSocket(socket, 'unauthenticated', { reason: 'the first message must be `hello`' })
      return
    }
    life.touch()
    switch (message.type) {
      case 'auth':
        this.#renew(message.token)
        return
      case 'ask':
        this.#run(message.id, () => this.#ask(principal, message))
        return
      case 'resume':
        this.#run(message.id, () => this.#resume(principal, message))
        return
      case 'search':
        this.#run(message.id, () =>
          this.#lookup(message.id, message.limit ?? DEFAULT_RESULTS, (signal) =>
            this.#search(principal, message, signal),
          ),
        )
        return
      case 'cancel':
        this.#run(message.id, () => this.#cancel(principal, message.id))
        return
      case 'history':
        this.#run(message.id, () =>
          this.#lookup(message.id, message.limit ?? DEFAULT_TURNS, () => this.#history(principal, message)),
        )
        return
      default:
        message satisfies never
    }
  }

  /** From an unidentified client: all of them together are limited to one frame. */
  #keepEarly(message: ClientMessage): void {
    const { socket, config } = this.#options
    this.#early.push(message)
    this.#earlyUnits += JSON.stringify(message).length
    if (this.#early.length <= MAX_EARLY && this.#earlyUnits <= config.server.maxFrameBytes) return
    this.#early.length = 0
    closeSocket(socket, 'bad_message', { reason: 'too many messages before `welcome`' })
  }

  #hello(token: string | undefined): void {
    const { socket } = this.#options
    if (this.#state !== 'new') {
      closeSocket(socket, 'already_greeted')
      return
    }
    this.#state = 'greeting'
    if (this.#identity !== undefined && token === undefined) this.#greet()
    else {
      this.#verify(token ?? '', (identity) => {
        this.#become(identity)
        this.#greet()
      })
    }
  }

  #greet(): void {
    const { socket, life, config, enter } = this.#options
    if (!enter()) {
      closeSocket(socket, 'too_many_connections')
      return
    }
    this.#state = 'greeted'
    clearTimeout(this.#helloTimer)
    life.touch()
    this.send({
      type: 'welcome',
      protocol: PROTOCOL_VERSION,
      version: life.version,
      user: this.#identity?.principal.id ?? '',
      expiresAt: this.#expiresAt(),
      limits: {
        maxFrameBytes: config.server.maxFrameBytes,
        maxQuestion: MAX_QUESTION_CHARACTERS,
        maxAsksInFlight: config.server.maxAsksPerSocket,
      },
      pingIntervalMs: config.server.pingIntervalMs,
      resumeWindowMs: KEPT_MS,
    })
    for (const message of this.#early.splice(0)) this.#dispatch(message)
  }

  /** A fresh token of the same user. */
  #renew(token: string): void {
    this.#verify(token, (identity) => {
      if (identity.principal.id !== this.#identity?.principal.id) {
        closeSocket(this.#options.socket, 'forbidden')
        return
      }
      this.#become(identity)
      this.send({ type: 'renewed', expiresAt: this.#expiresAt() })
    })
  }

  #verify(token: string, then: (identity: Identity) => void): void {
    const { socket, gate, log } = this.#options
    gate
      .verify(token)
      .then((identity) => {
        if (socket.readyState === socket.OPEN) then(identity)
      })
      .catch((error: unknown) => {
        if (isUnauthenticated(error)) closeSocket(socket, 'unauthenticated')
        else {
          log.warn({ err: error }, 'could not check a token')
          closeSocket(socket, 'unavailable')
        }
      })
  }

  #become(identity: Identity): void {
    this.#identity = identity
    clearTimeout(this.#expiry)
    if (identity.expiresAt !== undefined) this.#expireAt(identity.expiresAt.getTime())
  }

  #expireAt(time: number): void {
    const left = time - Date.now()
    const expire = () => {
      if (left > MAX_TIMER_MS) this.#expireAt(time)
      else closeSocket(this.#options.socket, 'token_expired')
    }
    this.#expiry = setTimeout(expire, Math.max(0, Math.min(left, MAX_TIMER_MS)))
  }

  #expiresAt(): string | undefined {
    return this.#identity?.expiresAt?.toISOString()
  }

  #run(id: string, work: () => Promise<void>): void {
    work()
      .catch((error: unknown) => {
        const failure = ChatbotError.wrap(error)
        if (failure.detail !== undefined) this.#options.log.error({ err: error, id }, 'message failed')
        this.#fail(id, failure)
      })
      .catch(this.#broke)
  }

  #ask(principal: Principal, message: AskMessage): Promise<void> {
    return this.#receiving(message.id, async ({ answers }) => {
      const accepted = await answers.ask(principal, message)
      const { epoch, conversation } = accepted
      this.send({ type: 'accepted', id: message.id, epoch, conversation })
      await this.#stream(principal, message.id, accepted)
    })
  }

  #resume(principal: Principal, { id, epoch, seq }: ResumeMessage): Promise<void> {
    return this.#receiving(id, async ({ answers, limits }) => {
      await takeRequest(limits, principal)
      await this.#stream(principal, id, await answers.resume(principal, id, { epoch, seq }))
    })
  }

  /** Runs work that streams the answer with this id. */
  async #receiving(id: string, work: (services: Services) => Promise<void>): Promise<void> {
    const { config } = this.#options
    const services = servicesOf(this.#options.life)
    await this.#cancels.get(id)
    if (this.#asks.has(id)) {
      throw new ChatbotError('bad_message', 'This socket is already receiving the answer with this id.')
    }
    if (this.#asks.size >= config.server.maxAsksPerSocket) {
      throw new ChatbotError(
        'overloaded',
        `At most ${config.server.maxAsksPerSocket} answers at once on one socket. Wait for one to finish.`,
        { retryAfterMs: 500 },
      )
    }
    this.#asks.add(id)
    try {
      await work(services)
    } finally {
      this.#asks.delete(id)
    }
  }

  async #stream(principal: Principal, id: string, accepted: Accepted): Promise<void> {
    this.#reading.add(accepted)
    try {
      for await (const logged of accepted.events(this.#closed.signal))
        await this.#outbox.sendWhenFree(eventMessage(principal, id, logged))
    } finally {
      this.#reading.delete(accepted)
    }
  }

  async #cancel(principal: Principal, id: string): Promise<void> {
    this.#lookups.get(id)?.abort(new ChatbotError('cancelled', 'The search was cancelled.'))
    const { answers, limits } = servicesOf(this.#options.life)
    const cancelling = takeRequest(limits, principal).then(() => answers.cancel(principal, id))
    const settled = cancelling.catch(() => undefined)
    this.#cancels.set(id, settled)
    try {
      await cancelling
    } finally {
      if (this.#cancels.get(id) === settled) this.#cancels.delete(id)
    }
  }

  async #lookup(
    id: string,
    /** Maximum passages or turns. */
    entries: number,
    work: (signal: AbortSignal) => Promise<ServerMessage>,
  ): Promise<void> {
    const { config } = this.#options
    if (this.#lookups.has(id))
      throw new ChatbotError('bad_message', 'A lookup with this id is already running.')
    if (this.#lookups.size >= config.server.maxAsksPerSocket) {
      throw new ChatbotError(
        'overloaded',
        `At most ${config.server.maxAsksPerSocket} searches at once on one socket. Wait for one to finish.`,
        { retryAfterMs: 200 },
      )
    }
    const abort = new AbortController()
    this.#lookups.set(id, abort)
    const signal = AbortSignal.any([abort.signal, this.#closed.signal])
    try {
      await this.#inLookupTurn(entries, async () => {
        await this.#outbox.room()
        if (this.#closed.signal.aborted) return
        signal.throwIfAborted()
        await this.#outbox.sendWhenFree(await work(signal))
      })
    } finally {
      this.#lookups.delete(id)
    }
  }

  /** A lookup's result stays in memory until the client has read everything before it. */
  async #inLookupTurn(entries: number, work: () => Promise<void>): Promise<void> {
    while (this.#lookedUp > 0 && this.#lookedUp + entries > MAX_LOOKED_UP) {
      this.#lookupEnded ??= Promise.withResolvers()
      await this.#lookupEnded.promise
    }
    this.#lookedUp += entries
    try {
      await work()
    } finally {
      this.#lookedUp -= entries
      this.#lookupEnded?.resolve()
      this.#lookupEnded = undefined
    }
  }

  async #search(principal: Principal, message: SearchMessage, signal: AbortSignal): Promise<ServerMessage> {
    const started = performance.now()
    const { ports, loaded, limits } = servicesOf(this.#options.life)
    await limits.search(principal)
    const { passages, searched } = await searchPassages(ports, principal, {
      ...message,
      retrieval: withOptions(loaded.config.retrieval, message.retrieval),
      limit: message.limit ?? DEFAULT_RESULTS,
      signal,
    })
    return {
      type: 'results',
      id: message.id,
      passages: [...passages],
      searched,
      ms: Math.round(performance.now() - started),
    }
  }

  async #history(principal: Principal, message: HistoryMessage): Promise<ServerMessage> {
    const { ports, limits } = servicesOf(this.#options.life)
    await takeRequest(limits, principal)
    const { conversations } = ports.store
    const found = await conversations.turns(principal, message.conversation, message.limit ?? DEFAULT_TURNS)
    return {
      type: 'turns',
      id: message.id,
      conversation: conversation(found.conversation),
      turns: found.turns.map(turn),
    }
  }

  #fail(id: string | undefined, error: ChatbotError): void {
    const { principal } = this.#identity ?? {}
    const told = principal === undefined ? error.toJSON() : error.for(principal)
    this.send({ type: 'error', id, ...told })
  }
}

/** One WebSocket: reads the client's messages, runs them, writes the daemon's. */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Accepted } from '../src/answers/answers.ts'
import type { LoggedEvent } from '../src/answers/log.ts'
import type { Identity } from '../src/auth/identity.ts'
import type { Config } from '../src/config/schema.ts'
import { ChatbotError } from '../src/domain/errors.ts'
import { guarded } from '../src/domain/guarded.ts'
import type { Principal } from '../src/domain/principal.ts'
import { MAX_QUESTION } from '../src/domain/question.ts'
import { takeRequest } from '../src/limits/limits.ts'
import { DEFAULT_RESULTS, searchPassages } from '../src/pipeline/search.ts'
import {
  type AskMessage,
  type ClientMessage,
  type HistoryMessage,
  PROTOCOL_VERSION,
  type SearchMessage,
  type ServerMessage,
} from '../src/protocol/messages.ts'
import { readClientMessage } from '../src/protocol/read.ts'
import { withOptions } from '../src/retrieval/settings.ts'
import { closeSocket } from './close-socket.ts'
import { conversation, turn } from './endpoints.ts'
import type { Gate } from './gate.ts'
import type { Logger } from './log.ts'
import { type Life, servicesOf } from './services.ts'

export interface SessionOptions {
  readonly socket: WebSocket
  /** What the socket writes to. */
  readonly stream: Duplex
  readonly life: Life
  readonly config: Config
  readonly gate: Gate
  readonly log: Logger
  /** Who the upgrade's header said it is. */
  readonly identity: Identity | undefined
}

const DEFAULT_TURNS = 50
/** Messages that wait for the end of the greeting. */
const MAX_EARLY = 16
/** Longer ones fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

const isUnauthenticated = (error: unknown) =>
  error instanceof ChatbotError && error.code === 'unauthenticated'

export class Session {
  readonly #options: SessionOptions
  readonly #helloTimer: NodeJS.Timeout
  /** Ends the readers of answers; the answers themselves go on. */
  readonly #closed = new AbortController()
  readonly #asks = new Set<string>()
  /** Searches and histories on their way. */
  readonly #lookups = new Map<string, AbortController>()
  /** Cancels on their way: an ask of the same id is a later one, and waits for them. */
  readonly #cancels = new Map<string, Promise<void>>()
  #identity: Identity | undefined
  #expiry: NodeJS.Timeout | undefined
  #isGathering = false
  #state: 'new' | 'greeting' | 'greeted' = 'new'
  /** What a client sends without waiting for `welcome`. */
  readonly #early: ClientMessage[] = []
  /** A fault of ours ends the socket that met it, and no other. */
  readonly #broke = (error: unknown): void => {
    this.#options.log.error({ err: error }, 'a socket failed')
    closeSocket(this.#options.socket, 'internal')
  }

  constructor(options: SessionOptions) {
    this.#options = options
    const { socket, config } = options
    this.#helloTimer = setTimeout(() => closeSocket(socket, 'hello_timeout'), config.server.helloTimeoutMs)
    if (options.identity !== undefined) this.#become(options.identity)
    socket.on(
      'message',
      guarded(this.#broke, (data, isBinary) => this.#receive(data.toString(), isBinary)),
    )
    socket.on(
      'close',
      guarded(this.#broke, () => {
        clearTimeout(this.#helloTimer)
        clearTimeout(this.#expiry)
        this.#closed.abort()
      }),
    )
  }

  /** What it was opened or renewed with, where that can be revoked. */
  get token(): string | undefined {
    return this.#identity?.token
  }

  /** Whether a token is still good; throws when that cannot be known now. */
  async isGood(token: string): Promise<boolean> {
    try {
      await this.#options.gate.verify(token)
      return true
    } catch (error) {
      if (isUnauthenticated(error)) return false
      throw error
    }
  }

  /** Ends the socket unless it has a newer token. */
  refuse(token: string): void {
    if (this.token === token) closeSocket(this.#options.socket, 'unauthenticated')
  }

  /** Writes a message; a client that does not read is cut off before its messages fill the memory. */
  send(message: ServerMessage): void {
    const { socket, config } = this.#options
    if (socket.readyState !== socket.OPEN) return
    this.#gather()
    socket.send(JSON.stringify(message))
    if (socket.bufferedAmount > config.server.maxBufferedBytes) closeSocket(socket, 'slow_consumer')
  }

  /** What is sent in one turn of the event loop goes out as one write. */
  #gather(): void {
    if (this.#isGathering) return
    const { stream } = this.#options
    this.#isGathering = true
    stream.cork()
    setImmediate(() => {
      this.#isGathering = false
      stream.uncork()
    })
  }

  #receive(text: string, isBinary: boolean): void {
    const { socket } = this.#options
    if (socket.readyState !== socket.OPEN) return
    const read = isBinary
      ? ({ kind: 'malformed', reason: 'binary frames are not used' } as const)
      : readClientMessage(text)
    switch (read.kind) {
      case 'malformed':
        closeSocket(socket, 'bad_message', read.reason)
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
      if (this.#early.length < MAX_EARLY) this.#early.push(message)
      else closeSocket(socket, 'bad_message', 'too many messages before `welcome`')
      return
    }
    const principal = this.#identity?.principal
    if (this.#state !== 'greeted' || principal === undefined) {
      closeSocket(socket, 'unauthenticated', 'the first message must be `hello`')
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
      case 'search':
        this.#run(message.id, () =>
          this.#lookup(message.id, (signal) => this.#search(principal, message, signal)),
        )
        return
      case 'cancel':
        this.#run(message.id, () => this.#cancel(principal, message.id))
        return
      case 'history':
        this.#run(message.id, () => this.#lookup(message.id, () => this.#history(principal, message)))
    }
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
    const { life, config } = this.#options
    this.#state = 'greeted'
    clearTimeout(this.#helloTimer)
    life.touch()
    this.send({
      type: 'welcome',
      protocol: PROTOCOL_VERSION,
      version: life.version,
      user: this.#identity?.principal.id ?? '',
      ...this.#expiresAt(),
      limits: {
        maxFrameBytes: config.server.maxFrameBytes,
        maxQuestion: MAX_QUESTION,
        maxAsksInFlight: config.server.maxAsksPerSocket,
      },
      pingIntervalMs: config.server.pingIntervalMs,
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
      this.send({ type: 'renewed', ...this.#expiresAt() })
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
          log.warn({ err: error }, 'a token could not be checked')
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
      if (left > LONGEST_TIMER_MS) this.#expireAt(time)
      else closeSocket(this.#options.socket, 'token_expired')
    }
    this.#expiry = setTimeout(expire, Math.max(0, Math.min(left, LONGEST_TIMER_MS)))
  }

  #expiresAt(): { expiresAt?: string } {
    const { expiresAt } = this.#identity ?? {}
    return expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() }
  }

  #run(id: string, work: () => Promise<void>): void {
    work()
      .catch((error: unknown) => {
        if (!(error instanceof ChatbotError)) this.#options.log.error({ err: error, id }, 'message failed')
        this.#fail(id, ChatbotError.wrap(error))
      })
      .catch(this.#broke)
  }

  async #ask(principal: Principal, message: AskMessage): Promise<void> {
    const { config } = this.#options
    const { answers } = servicesOf(this.#options.life)
    await this.#cancels.get(message.id)
    if (this.#asks.has(message.id)) {
      throw new ChatbotError('bad_message', 'This socket already receives the answer of this id.')
    }
    if (this.#asks.size >= config.server.maxAsksPerSocket) {
      throw new ChatbotError(
        'overloaded',
        `At most ${config.server.maxAsksPerSocket} answers at once on one socket. Wait for one to end.`,
        { retryAfterMs: 500 },
      )
    }
    this.#asks.add(message.id)
    try {
      const accepted = await answers.ask(principal, message)
      this.send({
        type: 'accepted',
        id: message.id,
        epoch: accepted.epoch,
        conversation: accepted.conversation,
      })
      await this.#stream(message.id, accepted)
    } finally {
      this.#asks.delete(message.id)
    }
  }

  async #stream(id: string, accepted: Accepted): Promise<void> {
    for await (const logged of accepted.events(this.#closed.signal)) this.send(eventMessage(id, logged))
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

  async #lookup(id: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { config } = this.#options
    if (this.#lookups.has(id)) throw new ChatbotError('bad_message', 'This id is already looked up.')
    if (this.#lookups.size >= config.server.maxAsksPerSocket) {
      throw new ChatbotError(
        'overloaded',
        `At most ${config.server.maxAsksPerSocket} searches at once on one socket. Wait for one to end.`,
        { retryAfterMs: 200 },
      )
    }
    const abort = new AbortController()
    this.#lookups.set(id, abort)
    try {
      await work(AbortSignal.any([abort.signal, this.#closed.signal]))
    } finally {
      this.#lookups.delete(id)
    }
  }

  async #search(principal: Principal, message: SearchMessage, signal: AbortSignal): Promise<void> {
    const started = performance.now()
    const { ports, loaded, limits } = servicesOf(this.#options.life)
    await limits.search(principal)
    const passages = await searchPassages(ports, principal, {
      ...message,
      retrieval: withOptions(loaded.config.retrieval, message.retrieval),
      limit: message.limit ?? DEFAULT_RESULTS,
      signal,
    })
    this.send({
      type: 'results',
      id: message.id,
      passages: [...passages],
      ms: Math.round(performance.now() - started),
    })
  }

  async #history(principal: Principal, message: HistoryMessage): Promise<void> {
    const { ports, limits } = servicesOf(this.#options.life)
    await takeRequest(limits, principal)
    const { conversations } = ports.store
    const found = await conversations.turns(principal, message.conversation, message.limit ?? DEFAULT_TURNS)
    this.send({
      type: 'turns',
      id: message.id,
      conversation: conversation(found.conversation),
      turns: found.turns.map(turn),
    })
  }

  #fail(id: string | undefined, error: ChatbotError): void {
    this.send({ type: 'error', ...(id === undefined ? {} : { id }), ...error.toJSON() })
  }
}

function eventMessage(id: string, { epoch, seq, event }: LoggedEvent): ServerMessage {
  const position = { id, epoch, seq }
  switch (event.type) {
    case 'error':
      return { type: 'error', ...position, ...event.error.toJSON() }
    case 'context':
      return { type: 'context', ...position, passages: [...event.passages] }
    case 'done': {
      const { citations, warnings, ...rest } = event.answer
      return {
        type: 'done',
        ...position,
        answer: { ...rest, citations: [...citations], warnings: [...warnings] },
      }
    }
    default:
      return { ...position, ...event }
  }
}

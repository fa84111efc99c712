/** Sends a socket's messages in order, with backpressure and a bound on what waits for a slow consumer. */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { ServerMessage } from '../../src/protocol/messages.ts'

export interface OutboxOptions {
  readonly socket: WebSocket
  /** The socket's underlying stream. */
  readonly stream: Duplex
  readonly maxBufferedBytes: number
  readonly stallTimeoutMs: number
  /** Bytes of each ended answer that is in memory only for this client. */
  heldBytes: () => readonly number[]
  /** The client is a slow consumer: called once; nothing more is sent. */
  giveUp: () => void
}

interface Waiting {
  /** Undefined: only waits for room, sends nothing. */
  readonly text: () => string | undefined
  /** Memory held while waiting. */
  readonly bytes: number
  readonly done: () => void
}

/** Share of the bound that may be in the stream; the rest waits here, where it can be dropped and is fair to others. */
const STREAM_SHARE = 1 / 4
/** Larger messages are sent in fragments as there is room. In UTF-16 code units. */
const MAX_FRAME_CHARACTERS = 32_768
/** Maximum UTF-8 bytes of a UTF-16 code unit. */
const BYTES_PER_UNIT = 3
/** Maximum header of a frame. */
const FRAME_HEADER_BYTES = 10
const MAX_CHECK_MS = 1000

export class Outbox {
  readonly #options: OutboxOptions
  readonly #mostInStream: number
  #isGathering = false
  // Most sockets never wait, so this is created on demand.
  #waiting: Waiting[] | undefined
  #waitingBytes = 0
  /** The unsent fragments of a message. */
  #rest: Buffer | undefined
  #checks: NodeJS.Timeout | undefined
  #movedAt = 0
  #isOver = false

  constructor(options: OutboxOptions) {
    this.#options = options
    this.#mostInStream = options.maxBufferedBytes * STREAM_SHARE
  }

  /** Queues a short message, which counts against the bound until it is sent. */
  send(message: ServerMessage): void {
    if (!this.#isOpen()) return
    const text = JSON.stringify(message)
    if (this.#isFree()) {
      this.#transmit(text)
      if (this.#rest !== undefined) this.#pump()
      return
    }
    const bytes = Buffer.byteLength(text)
    this.#wait({ text: () => text, bytes, done: () => undefined })
    if (this.#waitingBytes > this.#options.maxBufferedBytes - this.#mostInStream) this.#end()
  }

  /**
   * Resolves when the message was handed over, or never will be. The sender keeps it in memory until then, and creates
   * the next one only afterwards.
   */
  async sendWhenFree(message: ServerMessage): Promise<void> {
    if (!this.#isOpen()) return
    if (!this.#isFree()) {
      await this.#whenFree(() => JSON.stringify(message))
      return
    }
    this.#transmit(JSON.stringify(message))
    if (this.#rest !== undefined) this.#pump()
  }

  /** Resolves when the client has read everything before, or never will. */
  async room(): Promise<void> {
    if (this.#isOpen() && !this.#isFree()) await this.#whenFree(() => undefined)
  }

  /** Bytes held until the client has read them. */
  get bytes(): number {
    const { socket, heldBytes } = this.#options
    return socket.bufferedAmount + this.#waitingBytes + (this.#rest?.length ?? 0) + sum(heldBytes())
  }

  /** The socket has closed or will: releases all waiting senders. */
  stop(): void {
    this.#isOver = true
    clearInterval(this.#checks)
    this.#rest = undefined
    this.#waitingBytes = 0
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    for (const { done } of waiting) done()
  }

  #isOpen(): boolean {
    const { socket } = this.#options
    return !this.#isOver && socket.readyState === socket.OPEN
  }

  #isFree(): boolean {
    return this.#waiting === undefined && this.#rest === undefined && this.#hasRoom()
  }

  #hasRoom(): boolean {
    return this.#options.socket.bufferedAmount < this.#mostInStream
  }

  #whenFree(text: () => string | undefined): Promise<void> {
    return new Promise((done) => this.#wait({ text, bytes: 0, done }))
  }

  #wait(waiting: Waiting): void {
    this.#waiting ??= []
    this.#waiting.push(waiting)
    this.#waitingBytes += waiting.bytes
    this.#check()
  }

  #transmit(text: string): void {
    if (text.length <= MAX_FRAME_CHARACTERS) this.#write(text, text.length * BYTES_PER_UNIT, true)
    else this.#rest = Buffer.from(text)
  }

  /** Sends as much as there is room for. */
  #pump(): void {
    while (this.#isOpen() && this.#hasRoom()) {
      const rest = this.#rest
      if (rest !== undefined) {
        const isLast = rest.length <= MAX_FRAME_CHARACTERS
        this.#rest = isLast ? undefined : rest.subarray(MAX_FRAME_CHARACTERS)
        // A view would keep the whole buffer in memory until it is written.
        const piece = isLast ? rest : Buffer.from(rest.subarray(0, MAX_FRAME_CHARACTERS))
        this.#write(piece, piece.length, isLast)
        continue
      }
      const next = this.#waiting?.shift()
      if (this.#waiting?.length === 0) this.#waiting = undefined
      if (next === undefined) break
      this.#waitingBytes -= next.bytes
      const text = next.text()
      if (text !== undefined) this.#transmit(text)
      next.done()
    }
    this.#check()
  }

  #write(data: string | Buffer, mostBytes: number, fin: boolean): void {
    const { socket } = this.#options
    this.#movedAt = performance.now()
    this.#gather()
    // The message that fills the stream gets a callback: once it is written, everything before it is too.
    const fills = socket.bufferedAmount + FRAME_HEADER_BYTES + mostBytes >= this.#mostInStream
    if (fills) socket.send(data, { binary: false, fin }, () => this.#pump())
    else socket.send(data, { binary: false, fin })
  }

  /** Corks the stream: writes of one tick of the event loop go out as one. */
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

  /** Watches a client as long as something waits for it. */
  #check(): void {
    const waits = this.#waiting !== undefined || this.#rest !== undefined
    if (waits === (this.#checks !== undefined)) return
    if (!waits) {
      clearInterval(this.#checks)
      this.#checks = undefined
      return
    }
    const { stallTimeoutMs } = this.#options
    this.#movedAt = performance.now()
    this.#checks = setInterval(
      () => {
        // A ping may have filled the stream, and has no callback.
        if (this.#hasRoom()) this.#pump()
        else if (performance.now() - this.#movedAt >= stallTimeoutMs || this.#heldTooMuch()) this.#end()
      },
      Math.min(stallTimeoutMs / 4, MAX_CHECK_MS),
    ).unref()
  }

  /** A single answer may be of any size: its reader gets the time to read it. */
  #heldTooMuch(): boolean {
    const { heldBytes, maxBufferedBytes } = this.#options
    const answers = heldBytes()
    return sum(answers) - Math.max(0, ...answers) > maxBufferedBytes - this.#mostInStream
  }

  #end(): void {
    if (this.#isOver) return
    this.stop()
    this.#options.giveUp()
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

/** What a socket is sent, in order: its client is handed no more than it reads, and what waits for it is bounded. */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { ServerMessage } from '../../src/protocol/messages.ts'

export interface OutboxOptions {
  readonly socket: WebSocket
  /** What the socket writes to. */
  readonly stream: Duplex
  readonly maxBufferedBytes: number
  readonly stallTimeoutMs: number
  /** Bytes of each answer that is in memory only until this client has read it. */
  heldBytes: () => readonly number[]
  /** The client reads too slowly: called once; nothing more is sent. */
  giveUp: () => void
}

interface Waiting {
  /** Undefined: nothing is sent, somebody only waits for room. */
  readonly text: () => string | undefined
  /** Held here meanwhile. */
  readonly bytes: number
  readonly done: () => void
}

/** With so much of the bound in the stream, the rest waits: it can still be dropped, and others share it. */
const STREAM_SHARE = 1 / 4
/** Larger messages go out in fragments, each when there is room for it. In UTF-16 code units. */
const MAX_FRAME_CHARACTERS = 32_768
/** UTF-8 takes up to so many for a UTF-16 code unit. */
const BYTES_PER_UNIT = 3
/** Of a frame, at most. */
const FRAME_HEADER_BYTES = 10
const MAX_CHECK_MS = 1000

export class Outbox {
  readonly #options: OutboxOptions
  readonly #mostInStream: number
  #isGathering = false
  // Most sockets never wait, and have none of these.
  #waiting: Waiting[] | undefined
  #waitingBytes = 0
  /** Of a message whose fragments are on their way. */
  #rest: Buffer | undefined
  #checks: NodeJS.Timeout | undefined
  #movedAt = 0
  #isOver = false

  constructor(options: OutboxOptions) {
    this.#options = options
    this.#mostInStream = options.maxBufferedBytes * STREAM_SHARE
  }

  /** A short message: it waits for room, and counts until then. */
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
   * Resolves when it was handed over, or never will be. Its sender holds it until then, and makes the next one only
   * afterwards.
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

  /** Resolves when the client has read what was for it, or never will. */
  async room(): Promise<void> {
    if (this.#isOpen() && !this.#isFree()) await this.#whenFree(() => undefined)
  }

  /** Everything that is held until the client has read. */
  get bytes(): number {
    const { socket, heldBytes } = this.#options
    return socket.bufferedAmount + this.#waitingBytes + (this.#rest?.length ?? 0) + sum(heldBytes())
  }

  /** The socket has closed, or will: nobody waits any more. */
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

  /** Hands over what there is room for. */
  #pump(): void {
    while (this.#isOpen() && this.#hasRoom()) {
      const rest = this.#rest
      if (rest !== undefined) {
        const isLast = rest.length <= MAX_FRAME_CHARACTERS
        this.#rest = isLast ? undefined : rest.subarray(MAX_FRAME_CHARACTERS)
        // A view would keep the whole of it until it is written.
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
    // What fills the stream tells when it has gone: everything before it has gone as well then.
    const fills = socket.bufferedAmount + FRAME_HEADER_BYTES + mostBytes >= this.#mostInStream
    if (fills) socket.send(data, { binary: false, fin }, () => this.#pump())
    else socket.send(data, { binary: false, fin })
  }

  /** What is sent in one tick of the event loop goes out as one write. */
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

  /** Looks after a client as long as something waits for it. */
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
        // A ping may have filled the stream, and tells nobody when it has gone.
        if (this.#hasRoom()) this.#pump()
        else if (performance.now() - this.#movedAt >= stallTimeoutMs || this.#heldTooMuch()) this.#end()
      },
      Math.min(stallTimeoutMs / 4, MAX_CHECK_MS),
    ).unref()
  }

  /** One answer may be as large as it is: its reader gets the time to read it. */
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

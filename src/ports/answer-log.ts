import { type AnswerEvent, grownText, type Position } from '../domain/answer.ts'

/** An event of an answer and its place in the stream. */
export interface LoggedEvent extends Position {
  readonly event: AnswerEvent
}

/** The live streams of answers, each written by the daemon that runs it and followed by any. */
export interface AnswerLogs {
  /** Starts the log of an attempt that runs here. */
  open: (answer: string, epoch: number) => AnswerLog
  /**
   * The events of an attempt from number `from` on, without a gap, and live ones as they come. Ends after `done` or
   * `error`, when the signal aborts, and early when events are missing: the log may forget at any time.
   */
  follow: (answer: string, epoch: number, from: number, signal: AbortSignal) => AsyncIterable<LoggedEvent>
}

/** What an event takes in memory besides its text, about. */
const EVENT_BYTES = 200

/** About what events take in memory. */
export const bytesOf = (events: readonly AnswerEvent[]): number =>
  events.reduce((bytes, event) => bytes + EVENT_BYTES + JSON.stringify(event).length, 0)

/** Of one daemon, for itself alone. */
export function memoryLogs(): AnswerLogs {
  const logs = new Map<string, AnswerLog>()
  return {
    open(answer, epoch) {
      const log = new AnswerLog(epoch)
      logs.set(answer, log)
      log.ended.then(() => {
        if (logs.get(answer) === log) logs.delete(answer)
      })
      return log
    },
    async *follow(answer, epoch, from, signal) {
      const log = logs.get(answer)
      if (log?.epoch === epoch) yield* log.read(signal, from)
    },
  }
}

export const isEnd = ({ type }: AnswerEvent): boolean => type === 'done' || type === 'error'

/**
 * The live stream of one answer: everything since its start, so that who comes late misses nothing. It is
 * bounded by the longest answer an engine may give, and is dropped when the answer has ended.
 */
export class AnswerLog {
  readonly epoch: number
  /** Resolves when nothing more will come. */
  readonly ended: Promise<void>
  readonly #end: () => void
  readonly #onAppend: (event: LoggedEvent) => void
  readonly #events: LoggedEvent[] = []
  #hasEnded = false
  #heldBytes: number | undefined
  #wake: PromiseWithResolvers<void> = Promise.withResolvers()

  constructor(epoch: number, onAppend: (event: LoggedEvent) => void = () => undefined) {
    this.epoch = epoch
    this.#onAppend = onAppend
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ended = promise
    this.#end = resolve
  }

  /** Adds an event; `done` and `error` end the log, and what comes after them is dropped. */
  append(event: AnswerEvent): void {
    if (this.#hasEnded) return
    const logged = { epoch: this.epoch, seq: this.#events.length + 1, event }
    this.#events.push(logged)
    this.#onAppend(logged)
    if (isEnd(event)) this.close()
    else this.#wakeReaders()
  }

  /** Ends the log without an end of the answer: it goes on elsewhere. */
  close(): void {
    this.#hasEnded = true
    this.#end()
    this.#wakeReaders()
  }

  /** What its last readers alone hold, once it has ended. */
  heldBytes(): number {
    if (!this.#hasEnded) return 0
    this.#heldBytes ??= bytesOf(this.#events.map(({ event }) => event))
    return this.#heldBytes
  }

  /** The text so far. */
  get text(): string {
    return this.#events.reduce((text, { event }) => grownText(text, event), '')
  }

  /** The events from this number on, then live ones until the end, or until the reader stops. */
  async *read(signal?: AbortSignal, from = 1): AsyncGenerator<LoggedEvent> {
    const isStopped = () => signal?.aborted === true
    const stop = () => this.#wakeReaders()
    signal?.addEventListener('abort', stop)
    try {
      for (let next = from - 1; !isStopped(); next += 1) {
        while (next >= this.#events.length) {
          if (this.#hasEnded || isStopped()) return
          await this.#wake.promise
        }
        const event = this.#events[next]
        if (event !== undefined) yield event
      }
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }

  #wakeReaders(): void {
    const { resolve } = this.#wake
    this.#wake = Promise.withResolvers()
    resolve()
  }
}

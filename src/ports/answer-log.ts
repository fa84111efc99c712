import { type AnswerEvent, grownText, type Position } from '../domain/answer.ts'

/** An event of an answer and its position in the stream. */
export interface LoggedEvent extends Position {
  readonly event: AnswerEvent
}

/** Live streams of answers, each written by the daemon that runs it and followed from any daemon. */
export interface AnswerLogs {
  /** Starts the log of an attempt that runs here. */
  open: (answer: string, epoch: number) => AnswerLog
  /**
   * The events of an attempt from number `from` on, without gaps, then live ones. Ends after `done` or `error`,
   * when the signal aborts, or early when events are missing: the log may forget at any time.
   */
  follow: (answer: string, epoch: number, from: number, signal: AbortSignal) => AsyncIterable<LoggedEvent>
}

/** Approximate memory of an event besides its text. */
const EVENT_BYTES = 200

/** Approximate memory of events. */
export const bytesOf = (events: readonly AnswerEvent[]): number =>
  events.reduce((bytes, event) => bytes + EVENT_BYTES + JSON.stringify(event).length, 0)

/** Logs of a single daemon. */
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
 * The live stream of one answer. It keeps everything from the start for late subscribers. It is bounded by the
 * longest answer of an engine, and dropped when the answer has ended.
 */
export class AnswerLog {
  readonly epoch: number
  /** Resolves when no more events will come. */
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

  /** Appends an event. `done` and `error` end the log; later events are dropped. */
  append(event: AnswerEvent): void {
    if (this.#hasEnded) return
    const logged = { epoch: this.epoch, seq: this.#events.length + 1, event }
    this.#events.push(logged)
    this.#onAppend(logged)
    if (isEnd(event)) this.close()
    else this.#wakeReaders()
  }

  /** Ends the log although the answer continues elsewhere. */
  close(): void {
    this.#hasEnded = true
    this.#end()
    this.#wakeReaders()
  }

  /** Memory that only the last readers still hold, once it has ended. */
  heldBytes(): number {
    if (!this.#hasEnded) return 0
    this.#heldBytes ??= bytesOf(this.#events.map(({ event }) => event))
    return this.#heldBytes
  }

  /** The text so far. */
  get text(): string {
    return this.#events.reduce((text, { event }) => grownText(text, event), '')
  }

  /** The events from this number on, then live ones until the end or until the reader stops. */
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

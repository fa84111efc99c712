import type { AnswerEvent, Position } from '../domain/answer.ts'

/** An event of an answer and its place in the stream. */
export interface LoggedEvent extends Position {
  readonly event: AnswerEvent
}

/**
 * The live stream of one answer: everything since its start, so that who comes late misses nothing. It is
 * bounded by the longest answer an engine may give, and is dropped when the answer has ended.
 */
export class AnswerLog {
  readonly epoch: number
  readonly #events: LoggedEvent[] = []
  #ended = false
  #wake: PromiseWithResolvers<void> = Promise.withResolvers()

  constructor(epoch: number) {
    this.epoch = epoch
  }

  /** Adds an event; `done` and `error` end the log, and what comes after them is dropped. */
  append(event: AnswerEvent): void {
    if (this.#ended) return
    this.#events.push({ epoch: this.epoch, seq: this.#events.length + 1, event })
    this.#ended = event.type === 'done' || event.type === 'error'
    this.#wakeReaders()
  }

  /** The text so far. */
  get text(): string {
    let text = ''
    for (const { event } of this.#events) {
      if (event.type === 'delta') text += event.text
      else if (event.type === 'restart') text = text.slice(0, event.keep)
    }
    return text
  }

  /** All events from the first on, then live ones until the end, or until the reader stops. */
  async *read(signal?: AbortSignal): AsyncGenerator<LoggedEvent> {
    const isStopped = () => signal?.aborted === true
    const stop = () => this.#wakeReaders()
    signal?.addEventListener('abort', stop)
    try {
      for (let next = 0; !isStopped(); next += 1) {
        while (next >= this.#events.length) {
          if (this.#ended || isStopped()) return
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

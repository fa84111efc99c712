import type { AskEvent } from '../client.ts'

/** An answer has a dozen events besides its text, which is merged while the consumer is slow. */
const MAX_EVENTS = 1000

/** Events of one answer between the socket and a possibly slow consumer. */
export class EventQueue {
  readonly #events: AskEvent[] = []
  #wake: (() => void) | undefined
  #ended = false

  /** False if the queue is full: more events than any answer has. */
  push(event: AskEvent): boolean {
    if (this.#ended) return true
    const last = this.#events.at(-1)
    if (event.type === 'delta' && last?.type === 'delta') {
      this.#events[this.#events.length - 1] = { type: 'delta', text: last.text + event.text }
    } else {
      this.#events.push(event)
    }
    this.#ended = event.type === 'done' || event.type === 'error'
    this.#wake?.()
    return this.#events.length < MAX_EVENTS
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Yields until `done` or `error`. */
  async *drain(): AsyncGenerator<AskEvent, void, undefined> {
    while (true) {
      const event = this.#events.shift()
      if (event === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        continue
      }
      yield event
      if (event.type === 'done' || event.type === 'error') return
    }
  }
}

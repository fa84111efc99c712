import { type Position, START } from '../../domain/answer.ts'
import { withCertainty } from '../../domain/certainty.ts'
import { ChatbotError } from '../../domain/errors.ts'
import { ShownText } from '../../domain/shown-text.ts'
import type { AskMessage, ResumeMessage, ServerMessage } from '../../protocol/messages.ts'
import type { AskEvent } from '../client.ts'
import { EventQueue } from './event-queue.ts'
import type { Exchange, Received } from './exchange.ts'

/** How often a stream with a gap, or a refused resume, is requested again before the ask fails. */
const MAX_REPEATS = 3

/** One answer: checks epochs and sequence numbers, resumes after the last event, and queues events for the consumer. */
export class AskExchange implements Exchange {
  readonly id: string
  readonly #ask: string
  readonly #queue = new EventQueue()
  readonly #text = new ShownText()
  /** Of the last event; its epoch is the highest seen. */
  #last: Position = START
  #repeats = 0
  #accepted = false

  constructor(message: AskMessage) {
    this.id = message.id
    this.#ask = JSON.stringify(message)
  }

  /** Asks, and once it is known that the daemon has the ask, resumes. */
  get frame(): string {
    if (!this.#accepted) return this.#ask
    const resume: ResumeMessage = { type: 'resume', id: this.id, ...this.#last }
    return JSON.stringify(resume)
  }

  /** Yields until `done` or `error`. */
  events(): AsyncGenerator<AskEvent, void, undefined> {
    return this.#queue.drain()
  }

  get ended(): boolean {
    return this.#queue.ended
  }

  fail(error: ChatbotError): void {
    this.#queue.push({ type: 'error', error })
  }

  receive(message: ServerMessage): Received {
    if (message.type === 'accepted') {
      if (!this.#accepted) {
        const { id, conversation, epoch } = message
        this.#push([{ type: 'accepted', id, conversation, epoch }])
      }
      this.#accepted = true
      return 'more'
    }
    const order = this.#place(message)
    if (order === 'lost' && ++this.#repeats > MAX_REPEATS) {
      this.fail(new ChatbotError('bad_message', 'Events of the answer are missing. Ask again.'))
      return 'finished'
    }
    if (order !== 'next') return order
    const retryInMs = this.#refusedFor(message)
    if (retryInMs !== undefined) return { retryInMs }
    this.#push(this.#translate(message))
    return this.ended ? 'finished' : 'more'
  }

  /** A resume that the daemon cannot serve now, not the answer's end: milliseconds until it is sent again. */
  #refusedFor(message: ServerMessage): number | undefined {
    if (message.type !== 'error' || message.seq !== undefined || !this.#accepted) return undefined
    if (message.retryAfterMs === undefined || ++this.#repeats > MAX_REPEATS) return undefined
    return message.retryAfterMs
  }

  /** Whether a message is the next of its epoch, one to ignore (`more`), or follows a gap. */
  #place(message: ServerMessage): 'next' | 'more' | 'lost' {
    if (!('seq' in message) || message.seq === undefined || message.epoch === undefined) return 'next'
    const { epoch, seq } = message
    const isNewEpoch = epoch > this.#last.epoch
    if (epoch < this.#last.epoch || (!isNewEpoch && seq <= this.#last.seq)) return 'more'
    const next = isNewEpoch ? 1 : this.#last.seq + 1
    if (seq > next && message.type !== 'snapshot') return 'lost'
    this.#last = { epoch, seq }
    return 'next'
  }

  #translate(message: ServerMessage): AskEvent[] {
    switch (message.type) {
      case 'stage': {
        const { stage, state, ms } = message
        return [{ type: 'stage', stage, state, ms }]
      }
      case 'context':
        return [{ type: 'context', passages: message.passages }]
      case 'delta':
        return this.#text.append(message.text)
      case 'restart':
        return this.#text.restart(message.keep)
      case 'snapshot':
        return this.#text.replace(message.text)
      case 'done':
        return [
          ...this.#text.replace(message.answer.text),
          { type: 'done', answer: withCertainty(message.answer) },
        ]
      case 'error':
        return [{ type: 'error', error: ChatbotError.from(message) }]
      default:
        return []
    }
  }

  #push(events: readonly AskEvent[]): void {
    for (const event of events) {
      if (!this.#queue.push(event)) {
        this.fail(new ChatbotError('bad_message', 'The daemon sent more events than an answer can have.'))
      }
    }
  }
}

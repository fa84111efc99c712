import type { Position } from '../../domain/answer.ts'
import { withCertainty } from '../../domain/certainty.ts'
import { ChatbotError } from '../../domain/errors.ts'
import type { AskMessage, ServerMessage } from '../../protocol/messages.ts'
import { AnswerText } from '../answer-text.ts'
import type { AskEvent } from '../client.ts'
import { EventQueue } from './event-queue.ts'
import type { Exchange, Received } from './exchange.ts'

/** How often a stream with a gap is requested again before the ask fails. */
const MAX_GAPS = 3

/** One answer: checks epochs and sequence numbers, hides repetition, and queues events for the consumer. */
export class AskExchange implements Exchange {
  readonly id: string
  readonly frame: string
  readonly #queue = new EventQueue()
  readonly #text = new AnswerText()
  /** Position of the last event; its epoch is the highest seen. */
  #last: Position = { epoch: 0, seq: 0 }
  #gaps = 0
  #accepted = false
  /** Stages and contexts of this epoch that the consumer has received. */
  #delivered = new Set<string>()

  constructor(message: AskMessage) {
    this.id = message.id
    this.frame = JSON.stringify(message)
  }

  /** Yields until `done` or `error`. */
  events(): AsyncGenerator<AskEvent, void, undefined> {
    return this.#queue.drain()
  }

  get ended(): boolean {
    return this.#queue.ended
  }

  restarted(): void {
    this.#last = { epoch: this.#last.epoch, seq: 0 }
    this.#text.rewind()
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
    if (order === 'lost' && ++this.#gaps > MAX_GAPS) {
      this.fail(new ChatbotError('bad_message', 'Events of the answer are missing. Ask again.'))
      return 'finished'
    }
    if (order !== 'next') return order
    this.#push(this.#translate(message))
    return this.ended ? 'finished' : 'more'
  }

  /** Whether a message is the next of its epoch, one to ignore (`more`), or follows a gap. */
  #place(message: ServerMessage): 'next' | Received {
    if (!('seq' in message) || message.seq === undefined || message.epoch === undefined) return 'next'
    const { epoch, seq } = message
    if (epoch < this.#last.epoch) return 'more'
    if (epoch > this.#last.epoch) {
      this.#last = { epoch, seq: 0 }
      this.#delivered = new Set()
      // A new attempt without a `restart` starts from nothing.
      if (message.type !== 'restart') this.#text.rewind()
    }
    if (seq <= this.#last.seq) return 'more'
    if (seq > this.#last.seq + 1) return 'lost'
    this.#last = { epoch, seq }
    return 'next'
  }

  #translate(message: ServerMessage): AskEvent[] {
    switch (message.type) {
      case 'stage': {
        const { stage, state, ms } = message
        return this.#once(`${stage} ${state}`, { type: 'stage', stage, state, ms })
      }
      case 'context':
        return this.#once('context', { type: 'context', passages: message.passages })
      case 'delta':
        return this.#text.append(message.text)
      case 'restart':
        return this.#text.restart(message.keep)
      case 'done':
        return [
          ...this.#text.finish(message.answer.text),
          { type: 'done', answer: withCertainty(message.answer) },
        ]
      case 'error':
        return [{ type: 'error', error: ChatbotError.from(message) }]
      default:
        return []
    }
  }

  #once(key: string, event: AskEvent): AskEvent[] {
    if (this.#delivered.has(key)) return []
    this.#delivered.add(key)
    return [event]
  }

  #push(events: readonly AskEvent[]): void {
    for (const event of events) {
      if (!this.#queue.push(event)) {
        this.fail(new ChatbotError('bad_message', 'The daemon sent more events than an answer can have.'))
      }
    }
  }
}

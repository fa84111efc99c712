import { ChatbotError } from '../../domain/errors.ts'
import type { ClientMessage, ServerMessage } from '../../protocol/messages.ts'
import type { Exchange, Received } from './exchange.ts'

/** A request with one reply. */
export class LookupExchange<Reply> implements Exchange {
  readonly id: string
  readonly frame: string
  /** Rejects with the daemon's error, or when the connection ends. */
  readonly reply: Promise<Reply>
  readonly #read: (message: ServerMessage) => Reply | undefined
  #resolve: (reply: Reply) => void = () => undefined
  #reject: (error: ChatbotError) => void = () => undefined

  /** `read` returns undefined for a message that is not the reply. */
  constructor(
    message: Extract<ClientMessage, { readonly id: string }>,
    read: (message: ServerMessage) => Reply | undefined,
  ) {
    this.id = message.id
    this.frame = JSON.stringify(message)
    this.#read = read
    this.reply = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  fail(error: ChatbotError): void {
    this.#reject(error)
  }

  receive(message: ServerMessage): Received {
    if (message.type === 'error') {
      this.#reject(ChatbotError.from(message))
      return 'finished'
    }
    const reply = this.#read(message)
    if (reply === undefined) return 'more'
    this.#resolve(reply)
    return 'finished'
  }
}

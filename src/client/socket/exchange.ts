import type { ChatbotError } from '../../domain/errors.ts'
import type { ServerMessage } from '../../protocol/messages.ts'

/** A request and what comes back under its id, over as many sockets as it takes. */
export interface Exchange {
  readonly id: string
  /** The frame that asks; sent again after every reconnect. */
  readonly frame: string
  /** It was sent on a new socket: what comes now starts over. */
  restarted: () => void
  receive: (message: ServerMessage) => Received
  /** The connection is gone for good. */
  fail: (error: ChatbotError) => void
}

/** `lost`: events are missing, so that the exchange must be repeated on a new socket. */
export type Received = 'more' | 'finished' | 'lost'

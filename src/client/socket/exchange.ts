import type { ChatbotError } from '../../domain/errors.ts'
import type { ServerMessage } from '../../protocol/messages.ts'

/** A request and the replies under its id, across reconnects. */
export interface Exchange {
  readonly id: string
  /** The frame of the request; sent again after every reconnect. */
  readonly frame: string
  /** It was sent on a new socket: the replies start over. */
  restarted: () => void
  receive: (message: ServerMessage) => Received
  /** The connection is closed for good. */
  fail: (error: ChatbotError) => void
}

/** `lost`: events are missing, so the exchange must be repeated on a new socket. */
export type Received = 'more' | 'finished' | 'lost'

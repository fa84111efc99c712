import type { ChatbotError } from '../../domain/errors.ts'
import type { ServerMessage } from '../../protocol/messages.ts'

/** A request and the replies under its id, across reconnects. */
export interface Exchange {
  readonly id: string
  /** The frame to send now: the request, or what asks for the rest of its replies. */
  readonly frame: string
  receive: (message: ServerMessage) => Received
  /** The connection is closed for good. */
  fail: (error: ChatbotError) => void
}

/** `lost`: events are missing, so the exchange must be repeated on a new socket; otherwise it must be sent again. */
export type Received = 'more' | 'finished' | 'lost' | { readonly retryInMs: number }

import { ChatbotError } from '../domain/errors.ts'
import type { Principal } from '../domain/principal.ts'

/** A caller's identity, and how long it is valid. */
export interface Identity {
  readonly principal: Principal
  /** Absent: valid until revoked. */
  readonly expiresAt?: Date
  /** The token that proved it, if it can be revoked. */
  readonly token?: string
}

/** The same message for all reasons, so that it does not reveal which keys exist. */
export const refused = (cause?: unknown): ChatbotError =>
  new ChatbotError(
    'unauthenticated',
    'The token is invalid, has expired or was revoked. Log in again (chatbot login), or ask for a new key.',
    { cause },
  )

import { ChatbotError } from '../domain/errors.ts'
import type { Principal } from '../domain/principal.ts'

/** Who a caller is, and for how long that is known. */
export interface Identity {
  readonly principal: Principal
  /** Absent: until it is revoked. */
  readonly expiresAt?: Date
  /** What it was shown by, where that can be revoked. */
  readonly token?: string
}

/** One message for all reasons, so that it tells nobody which keys exist. */
export const refused = (cause?: unknown): ChatbotError =>
  new ChatbotError(
    'unauthenticated',
    'The token is not valid here, has expired or was revoked. Log in again (chatbot login), or ask for a new key.',
    { cause },
  )

/** Maps failed and closed connections to the errors of the list. */
import { ChatbotError } from '../../domain/errors.ts'
import { CLOSE_CODES, FRAME_TOO_LARGE, mayReconnect } from '../../protocol/close-codes.ts'
import type { DaemonAddress } from '../client.ts'

/** The error of a failed connection attempt. */
export function unreachable(endpoint: DaemonAddress, cause: Error): ChatbotError {
  const where = endpoint.kind === 'local' ? 'its socket' : endpoint.url
  return new ChatbotError(
    'daemon_unreachable',
    `Cannot reach the daemon at ${where} (${reasonOf(cause)}). Look at: chatbot status`,
    { cause },
  )
}

/** The upgrade was answered with a plain HTTP status. */
export function refusedUpgrade(status: number): ChatbotError {
  switch (status) {
    case 401:
      return unauthenticated()
    case 403:
      return forbidden()
    case 429:
      return new ChatbotError('rate_limited', 'Too many connection attempts. Wait a moment and try again.')
    case 503:
      return new ChatbotError(
        'overloaded',
        'The daemon accepts no more connections at the moment. Try again later.',
      )
    default:
      return new ChatbotError(
        'daemon_unreachable',
        `What listens there is not a chatbot daemon: it answered with HTTP status ${status}.`,
      )
  }
}

/** Why an open socket was closed, and whether reconnecting is pointless. */
export function closeError(code: number, reason: string): { error: ChatbotError; terminal: boolean } {
  const terminal = !mayReconnect(code)
  const detail = reason === '' ? `close code ${code}` : `${reason}, close code ${code}`
  switch (code) {
    case CLOSE_CODES.unauthenticated.code:
      return { error: unauthenticated(), terminal }
    case CLOSE_CODES.token_expired.code:
      return {
        error: new ChatbotError('unauthenticated', 'The login has expired. Log in again: chatbot login'),
        terminal,
      }
    case CLOSE_CODES.forbidden.code:
      return { error: forbidden(), terminal }
    case CLOSE_CODES.draining.code:
      return { error: new ChatbotError('draining', 'The daemon is shutting down.'), terminal }
    case CLOSE_CODES.too_many_connections.code:
      return {
        error: new ChatbotError('overloaded', 'The daemon has reached its limit of connections.'),
        terminal,
      }
    case FRAME_TOO_LARGE:
      return {
        error: new ChatbotError('frame_too_large', 'The daemon refused a message because it is too large.'),
        terminal,
      }
    default:
      return {
        error: terminal
          ? new ChatbotError('bad_message', `The daemon closed the connection (${detail}).`)
          : new ChatbotError('daemon_unreachable', `The connection to the daemon was lost (${detail}).`),
        terminal,
      }
  }
}

/** Errors after which a retry would fail in the same way. */
export function isFinal(error: ChatbotError): boolean {
  return !['daemon_unreachable', 'timeout', 'overloaded', 'rate_limited', 'draining'].includes(error.code)
}

const unauthenticated = () =>
  new ChatbotError('unauthenticated', 'The daemon did not accept the token. Check it and connect again.')

const forbidden = () => new ChatbotError('forbidden', 'The daemon does not let this user or origin connect.')

const reasonOf = (cause: Error) =>
  'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message

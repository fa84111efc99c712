/**
 * Why a socket was closed. 4400–4499 are terminal: reconnecting the same way fails the same way. After 4500–4599
 * and every other code but 1009, reconnect with backoff.
 */
export const CLOSE_CODES = {
  bad_message: {
    code: 4400,
    reason: 'a frame was binary, not JSON, too deep or wide, or not an object with a `type`',
  },
  unauthenticated: { code: 4401, reason: 'the token is missing, wrong or was revoked' },
  token_expired: { code: 4402, reason: 'the token has expired and was not renewed' },
  forbidden: { code: 4403, reason: 'the new token belongs to another user' },
  hello_timeout: { code: 4408, reason: 'no `hello` arrived in time' },
  already_greeted: { code: 4409, reason: 'a second `hello` on the same socket' },
  internal: {
    code: 4410,
    reason: "an internal error while handling a message of this socket; the daemon's log says why",
  },
  unavailable: { code: 4500, reason: 'the token cannot be checked now' },
  draining: { code: 4503, reason: 'the daemon is shutting down' },
  slow_consumer: { code: 4508, reason: 'slow consumer: the client read too slowly and its buffer filled' },
  too_many_connections: { code: 4529, reason: "the daemon's limit of sockets is reached" },
} as const satisfies Record<string, { code: number; reason: string }>

export type CloseName = keyof typeof CLOSE_CODES

/** `ws` closes with this code on a frame above the limit; resending it fails again. */
export const FRAME_TOO_LARGE = 1009

/** Whether a client should connect again after this close code. */
export function mayReconnect(code: number): boolean {
  return code !== FRAME_TOO_LARGE && !(code >= 4400 && code <= 4499)
}

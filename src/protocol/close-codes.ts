/**
 * Why a socket was closed. 4400–4499 are terminal: connecting again the same way fails the same way.
 * 4500–4599 and every other code but 1009 mean: connect again, with backoff.
 */
export const CLOSE_CODES = {
  bad_message: {
    code: 4400,
    reason: 'a frame was binary, no JSON, too deep or wide, or no object with a `type`',
  },
  unauthenticated: { code: 4401, reason: 'the token is missing, wrong or was revoked' },
  token_expired: { code: 4402, reason: 'the token has expired and was not renewed' },
  forbidden: { code: 4403, reason: 'the new token is of somebody else' },
  hello_timeout: { code: 4408, reason: 'no `hello` came in time' },
  already_greeted: { code: 4409, reason: 'a second `hello` on one socket' },
  internal: { code: 4410, reason: 'the daemon failed on a message of this socket; its log says why' },
  unavailable: { code: 4500, reason: 'the token cannot be checked now' },
  draining: { code: 4503, reason: 'the daemon is shutting down' },
  slow_consumer: { code: 4508, reason: 'the client read too slowly and its buffer filled' },
  too_many_connections: { code: 4529, reason: 'the daemon serves as many sockets as it may' },
} as const satisfies Record<string, { code: number; reason: string }>

export type CloseName = keyof typeof CLOSE_CODES

/** `ws` closes a frame above the limit with this code; sending it again fails again. */
export const FRAME_TOO_LARGE = 1009

/** Whether a client should connect again after this close code. */
export function mayReconnect(code: number): boolean {
  return code !== FRAME_TOO_LARGE && !(code >= 4400 && code <= 4499)
}

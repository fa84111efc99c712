import type { WebSocket } from 'ws'
import { CLOSE_CODES, type CloseName } from '../../src/protocol/close-codes.ts'

const GRACE_MS = 1000

/** Closes with a code of the protocol; terminates the socket if the peer does not complete the close in time. */
export function closeSocket(
  socket: WebSocket,
  name: CloseName,
  { reason = CLOSE_CODES[name].reason, graceMs = GRACE_MS }: { reason?: string; graceMs?: number } = {},
): void {
  // `ws` allows 123 bytes of reason.
  socket.close(
    CLOSE_CODES[name].code,
    Buffer.from(reason)
      .subarray(0, 123)
      .toString('utf8')
      .replace(/(?<!\uFFFD)\uFFFD+$/, ''),
  )
  setTimeout(() => socket.terminate(), graceMs).unref()
}

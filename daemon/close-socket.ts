import type { WebSocket } from 'ws'
import { CLOSE_CODES, type CloseName } from '../src/protocol/close-codes.ts'

/** Closes with a code of the protocol; a peer that does not answer the closing is cut off soon. */
export function closeSocket(
  socket: WebSocket,
  name: CloseName,
  reason: string = CLOSE_CODES[name].reason,
): void {
  // `ws` allows 123 bytes of reason.
  socket.close(
    CLOSE_CODES[name].code,
    Buffer.from(reason)
      .subarray(0, 123)
      .toString('utf8')
      .replace(/(?<!\uFFFD)\uFFFD+$/, ''),
  )
  setTimeout(() => socket.terminate(), 1000).unref()
}

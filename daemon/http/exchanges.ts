/** Cuts off slow clients: requests that arrive and responses that are read byte by byte. */
import type { IncomingMessage, ServerResponse } from 'node:http'

export interface Exchanges {
  add: (request: IncomingMessage, response: ServerResponse) => void
  close: () => void
}

export interface ExchangeTimes {
  readonly bodyTimeoutMs: number
  readonly stallTimeoutMs: number
}

/** Progress of a file or a response that is required within each timeout. */
const MIN_BYTES = 65_536
const MAX_CHECK_MS = 1000

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly received: Progress
  readonly sent: Progress
}

interface Progress {
  bytes: number
  since: number
}

export function watchExchanges(
  { bodyTimeoutMs, stallTimeoutMs }: ExchangeTimes,
  onCut: (request: IncomingMessage, why: string) => void,
): Exchanges {
  const exchanges = new Set<Exchange>()
  const check = setInterval(
    () => {
      const now = performance.now()
      for (const exchange of exchanges) {
        const { request, response } = exchange
        const isOver = request.socket.destroyed || (request.complete && response.closed)
        const why = isOver
          ? undefined
          : request.complete
            ? slowReader(exchange, now)
            : slowSender(exchange, now)
        if (why !== undefined) {
          onCut(request, why)
          request.socket.destroy()
        }
        if (isOver || why !== undefined) exchanges.delete(exchange)
      }
    },
    Math.min(bodyTimeoutMs / 4, stallTimeoutMs / 4, MAX_CHECK_MS),
  )
  check.unref()

  function slowSender({ request, response, received }: Exchange, now: number): string | undefined {
    const isFile = request.headers['content-type'] === 'application/octet-stream'
    const { bytesRead } = request.socket
    // Unread data here waits for the daemon, not for the client, unless the daemon has already answered.
    if (request.readableLength > 0 && !response.writableEnded) restart(received, bytesRead, now)
    else if (isFile && bytesRead - received.bytes >= MIN_BYTES) restart(received, bytesRead, now)
    return now - received.since > bodyTimeoutMs ? 'its body arrives too slowly' : undefined
  }

  function slowReader({ request: { socket }, sent }: Exchange, now: number): string | undefined {
    const bytes = socket.bytesWritten - socket.writableLength
    if (socket.writableLength === 0 || bytes - sent.bytes >= MIN_BYTES) restart(sent, bytes, now)
    return now - sent.since > stallTimeoutMs ? 'its response is read too slowly' : undefined
  }

  return {
    add(request, response) {
      const since = performance.now()
      const { bytesRead } = request.socket
      const exchange = { request, response, received: { bytes: bytesRead, since }, sent: { bytes: 0, since } }
      exchanges.add(exchange)
      response.once('close', () => {
        if (request.complete) exchanges.delete(exchange)
      })
    },
    close: () => clearInterval(check),
  }
}

function restart(progress: Progress, bytes: number, now: number): void {
  progress.bytes = bytes
  progress.since = now
}

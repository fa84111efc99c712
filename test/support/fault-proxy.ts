/** A TCP proxy that fails as networks do: cuts, stalls, delays, swallows. Optionally ends TLS before the target. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createSecureContext, TLSSocket } from 'node:tls'
import { packageRoot } from '../../src/config/package-root.ts'

export interface FaultProxy extends AsyncDisposable {
  readonly port: number
  /** The target's URL with this proxy's address in it. */
  readonly url: string
  /** Connections now. */
  connections: () => number
  /** Resets all connections; new ones work. */
  cut: () => void
  /** Resets all connections and refuses new ones until `heal`. */
  down: () => void
  /** Nothing passes any more, on old and new connections, and nobody is told. */
  stall: () => void
  /** What clients send arrives; what the target answers is swallowed. */
  halfOpen: () => void
  /** Every piece of data, each way, comes so much later. */
  delay: (ms: number) => void
  /** New connections go to another place. */
  retarget: (url: string) => void
  /** Everything passes again; what was stalled or swallowed is cut, because a stream with a hole is no stream. */
  heal: () => void
}

type Mode = 'pass' | 'down' | 'stall' | 'half-open'

interface ProxyOptions {
  /** Of whom this is the proxy. */
  readonly url: string
  /** `direct` as in rediss:, `postgres` after its SSLRequest. */
  readonly tls?: 'direct' | 'postgres'
}

export const certificateFile = join(packageRoot(), 'test', 'data', 'tls', 'cert.pem')

export async function faultProxy({ url, tls }: ProxyOptions): Promise<FaultProxy> {
  let target = new URL(url)
  let mode: Mode = 'pass'
  let delayMs = 0
  const pairs = new Set<readonly Socket[]>()

  const server = createServer({ allowHalfOpen: false }, async (raw) => {
    raw.on('error', () => undefined)
    if (mode === 'down') {
      raw.resetAndDestroy()
      return
    }
    const client = tls === undefined ? raw : await secured(raw, tls)
    const upstream = connect(Number(target.port), target.hostname)
    const pair = [raw, client, upstream]
    pairs.add(pair)
    forward(client, upstream, () => mode === 'pass' || mode === 'half-open')
    forward(upstream, client, () => mode === 'pass')
    for (const socket of pair) {
      socket.on('error', () => undefined)
      socket.on('close', () => {
        // A silent network does not tell of a closed end either.
        if (mode === 'stall' || mode === 'half-open') return
        for (const other of pair) other.destroy()
        pairs.delete(pair)
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const { port } = address

  function forward(from: Socket, to: Socket, passes: () => boolean): void {
    let last = Promise.resolve()
    from.on('data', (piece) => {
      if (delayMs === 0) {
        if (passes()) to.write(piece)
        return
      }
      const pause = sleep(delayMs)
      last = last.then(async () => {
        await pause
        if (passes()) to.write(piece)
      })
    })
  }

  const cut = () => {
    for (const pair of pairs) for (const socket of pair) socket.destroy()
    pairs.clear()
  }
  const own = new URL(url)
  own.hostname = '127.0.0.1'
  own.port = String(port)
  return {
    port,
    url: own.href,
    connections: () => pairs.size,
    cut,
    down() {
      mode = 'down'
      cut()
    },
    stall() {
      mode = 'stall'
    },
    halfOpen() {
      mode = 'half-open'
    },
    delay(ms) {
      delayMs = ms
    },
    retarget(other) {
      target = new URL(other)
    },
    heal() {
      const lossy = mode === 'stall' || mode === 'half-open'
      mode = 'pass'
      delayMs = 0
      if (lossy) cut()
    },
    async [Symbol.asyncDispose]() {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}

const identity = () =>
  createSecureContext({
    cert: readFileSync(certificateFile),
    key: readFileSync(join(packageRoot(), 'test', 'data', 'tls', 'key.pem')),
  })

async function secured(raw: Socket, kind: 'direct' | 'postgres'): Promise<Socket> {
  if (kind === 'postgres') {
    await once(raw, 'data')
    raw.pause()
    raw.write('S')
  }
  return new TLSSocket(raw, { isServer: true, secureContext: identity() })
}

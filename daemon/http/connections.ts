/** Limits idle TCP connections: those without a WebSocket or a request of an identified caller. */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Config } from '../../src/config/schema.ts'
import { addressPool } from '../../src/limits/address-pool.ts'
import { parseNetworks, peerAddress } from '../../src/limits/addresses.ts'

export interface IdleConnections {
  attach: (server: Server) => void
  /** An identified caller uses it from now on. */
  leave: (connection: Socket) => void
  /** It is idle again. */
  rest: (connection: Socket) => void
}

export function idleConnections({
  maxIdleConnections,
  maxIdleConnectionsPerAddress,
  trustedProxies,
}: Config['server']): IdleConnections {
  const trusted = parseNetworks(trustedProxies)
  const pool = addressPool<Socket>({
    most: maxIdleConnections,
    mostOfAddress: maxIdleConnectionsPerAddress,
    evict: (connection) => connection.destroy(),
  })
  const rest = (connection: Socket) => {
    if (!connection.destroyed) pool.add(connection, peerAddress(connection, trusted))
  }
  return {
    attach(server) {
      server.on('connection', (connection: Socket) => {
        connection.once('close', () => pool.remove(connection))
        rest(connection)
      })
    },
    leave: (connection) => pool.remove(connection),
    rest,
  }
}

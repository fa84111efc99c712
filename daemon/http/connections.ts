/** TCP connections that no WebSocket and no request of somebody known uses: they may only be so many. */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import ipaddr from 'ipaddr.js'
import type { Config } from '../../src/config/schema.ts'
import { addressPool } from '../../src/limits/address-pool.ts'
import { inNetwork, type Network, parseNetworks } from '../../src/limits/addresses.ts'

export interface IdleConnections {
  attach: (server: Server) => void
  /** Somebody known uses it from now on. */
  leave: (connection: Socket) => void
  /** Nobody does any more. */
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
    if (!connection.destroyed) pool.add(connection, addressOf(connection, trusted))
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

/** Undefined for a trusted proxy: its connections are of many. */
function addressOf({ remoteAddress }: Socket, trusted: readonly Network[]): string | undefined {
  if (remoteAddress === undefined || !ipaddr.isValid(remoteAddress)) return undefined
  const address = ipaddr.process(remoteAddress)
  return trusted.some(([network, bits]) => inNetwork(address, network, bits)) ? undefined : address.toString()
}

/**
 * Pipelines short statements of many askers over a few connections: waking a connection costs both sides more than
 * such a statement.
 */
import type pg from 'pg'
import { isOfStatement } from './errors.ts'

export interface PipelinedConnections {
  /** What `send` sends before its first await is not interleaved with others; after that it must send nothing. */
  run: <T>(send: (client: pg.PoolClient) => Promise<T>) => Promise<T>
}

interface PipelinedConnection {
  readonly client: Promise<pg.PoolClient>
  inFlight: number
  /** Statements until its connection returns to the pool, where others may wait for it. */
  left: number
  isBroken: boolean
}

const MAX_CONNECTIONS = 4
const MAX_STATEMENTS = 256

/** For a pool whose clients have `pipeline`; uses at most half of its connections. */
export function pipelinedConnections(pool: pg.Pool): PipelinedConnections {
  const most = Math.max(1, Math.min(MAX_CONNECTIONS, Math.floor(pool.options.max / 2)))
  const open = new Set<PipelinedConnection>()

  function leastBusy(): PipelinedConnection {
    const [first, ...others] = open
    if (first === undefined || open.size < most) {
      const connection = { client: pool.connect(), inFlight: 0, left: MAX_STATEMENTS, isBroken: false }
      open.add(connection)
      return connection
    }
    return others.reduce(
      (least, connection) => (connection.inFlight < least.inFlight ? connection : least),
      first,
    )
  }

  return {
    async run(send) {
      const connection = leastBusy()
      connection.inFlight += 1
      connection.left -= 1
      if (connection.left === 0) open.delete(connection)
      let client: pg.PoolClient | undefined
      try {
        client = await connection.client
        return await send(client)
      } catch (thrown) {
        if (!isOfStatement(thrown)) {
          connection.isBroken = true
          open.delete(connection)
        }
        throw thrown
      } finally {
        connection.inFlight -= 1
        if (connection.inFlight === 0) {
          open.delete(connection)
          client?.release(connection.isBroken)
        }
      }
    },
  }
}

/**
 * Short statements of many askers on a few connections, sent without waiting for the answers to those before them
 * (PostgreSQL's pipelining): waking a connection up costs both sides more than such a statement.
 */
import type pg from 'pg'
import { isOfStatement } from './errors.ts'

export interface Lanes {
  /** What `send` sends before it first waits has nothing of others in between; after that it must send nothing. */
  run: <T>(send: (client: pg.PoolClient) => Promise<T>) => Promise<T>
}

interface Lane {
  readonly client: Promise<pg.PoolClient>
  inFlight: number
  /** Turns until its connection goes back to the pool, where somebody may wait for it. */
  left: number
  isBroken: boolean
}

const MAX_LANES = 4
const TURNS = 256

/** Of a pool whose clients have `pipeline`; takes no more than half of its connections. */
export function openLanes(pool: pg.Pool): Lanes {
  const most = Math.max(1, Math.min(MAX_LANES, Math.floor(pool.options.max / 2)))
  const open = new Set<Lane>()

  function leastBusy(): Lane {
    const [first, ...others] = open
    if (first === undefined || open.size < most) {
      const lane = { client: pool.connect(), inFlight: 0, left: TURNS, isBroken: false }
      open.add(lane)
      return lane
    }
    return others.reduce((least, lane) => (lane.inFlight < least.inFlight ? lane : least), first)
  }

  return {
    async run(send) {
      const lane = leastBusy()
      lane.inFlight += 1
      lane.left -= 1
      if (lane.left === 0) open.delete(lane)
      let client: pg.PoolClient | undefined
      try {
        client = await lane.client
        return await send(client)
      } catch (thrown) {
        if (!isOfStatement(thrown)) {
          lane.isBroken = true
          open.delete(lane)
        }
        throw thrown
      } finally {
        lane.inFlight -= 1
        if (lane.inFlight === 0) {
          open.delete(lane)
          client?.release(lane.isBroken)
        }
      }
    },
  }
}

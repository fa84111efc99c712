/**
 * Pipelines short statements of many askers over a few connections: waking a connection costs both sides more than
 * such a statement.
 */
import type pg from 'pg'
import { isOfStatement } from './errors.ts'

export interface Lanes {
  /** What `send` sends before its first await is not interleaved with others; after that it must send nothing. */
  run: <T>(send: (client: pg.PoolClient) => Promise<T>) => Promise<T>
}

interface Lane {
  readonly client: Promise<pg.PoolClient>
  inFlight: number
  /** Statements until its connection returns to the pool, where others may wait for it. */
  left: number
  isBroken: boolean
}

const MOST_LANES = 4
const TURNS = 256

/** For a pool whose clients have `pipeline`; uses at most half of its connections. */
export function openLanes(pool: pg.Pool): Lanes {
  const most = Math.max(1, Math.min(MOST_LANES, Math.floor(pool.options.max / 2)))
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

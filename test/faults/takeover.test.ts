/** kill -9 of the daemon that writes an answer: how long its reader waits for the next words, and whether it keeps the others. */

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { violationsOf } from '../support/histories/check.ts'
import type { Schedule } from '../support/histories/schedule.ts'
import { startWorld } from '../support/histories/world.ts'
import { ownServices } from '../support/own-services.ts'

const KILLS = Number(process.env.KILLS ?? 20)
const BEFORE_KILL_MS = 2000

const killed = (): Schedule => ({
  seed: 0,
  asks: [{ id: randomUUID(), question: `How long does Murka sleep? (${randomUUID()})`, cache: false }],
  clients: [{ ask: 0, daemon: 0, atMs: 0 }],
  faults: [{ kind: 'kill', daemon: 0, downMs: 0, atMs: BEFORE_KILL_MS }],
  generations: () => ({ pieces: 60, pauseMs: 100 }),
})

test(`${KILLS} kills: the next words come, and the shown ones stay`, { timeout: 0 }, async () => {
  const services = await ownServices('up')
  try {
    await using world = await startWorld({ daemons: 2, ...services })
    const waits: number[] = []
    for (let kill = 0; kill < KILLS; kill += 1) {
      const history = await world.run(killed())
      expect(violationsOf(history)).toEqual([])
      const seen = history.clients[0]?.seen ?? []
      const next = seen.find(({ epoch, type }) => epoch === 2 && type === 'delta')
      expect(next).toBeDefined()
      waits.push((next?.atMs ?? 0) - BEFORE_KILL_MS)
      // Not in step with the heartbeats.
      await sleep(Math.random() * 1000)
    }
    const sorted = waits.toSorted((a, b) => a - b)
    const at = (share: number) => Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0)
    console.log(
      `next words after kill -9: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms; ${world.continued()} of ${KILLS} went on with the shown text`,
    )
    expect(world.continued()).toBe(KILLS)
  } finally {
    await ownServices('down')
  }
})

/**
 * Histories: many clients ask three daemons while daemons, PostgreSQL, Redis and sockets fail, as a seed decides.
 * Whatever happens, everybody sees one answer: test/support/histories/check.ts says what that means.
 *
 * HISTORIES=200 HISTORY_SEED=1 npx vitest run --config test/faults/vitest.config.ts histories
 *
 * HISTORY_OTHER=/path/of/another/checkout makes one daemon one of that version, as in a rolling upgrade.
 */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { violationsOf } from '../support/histories/check.ts'
import { scheduleOf } from '../support/histories/schedule.ts'
import { startWorld } from '../support/histories/world.ts'
import { ownServices } from '../support/own-services.ts'

const HISTORIES = Number(process.env.HISTORIES ?? 200)
const FIRST_SEED = Number(process.env.HISTORY_SEED ?? 1)
const DAEMONS = 3
const OTHER = process.env.HISTORY_OTHER
/** Characters of a violation that are shown. */
const LONGEST = 400

test(`${HISTORIES} histories of ${DAEMONS} daemons, from seed ${FIRST_SEED} on`, { timeout: 0 }, async () => {
  const services = await ownServices('up')
  try {
    await using world = await startWorld({
      daemons: DAEMONS,
      ...services,
      entry: (daemon) =>
        daemon === 0 && OTHER !== undefined ? join(OTHER, 'test/support/daemon-entry.ts') : undefined,
    })
    const violations: string[] = []
    const counts = { asks: 0, clients: 0, complete: 0, failed: 0, cancelled: 0, takenOver: 0 }
    for (let seed = FIRST_SEED; seed < FIRST_SEED + HISTORIES; seed += 1) {
      const schedule = scheduleOf(seed, DAEMONS)
      const history = await world.run(schedule)
      const found = violationsOf(history)
      for (const { state, epoch } of history.rows) {
        counts.asks += 1
        if (state === 'complete' || state === 'failed' || state === 'cancelled') counts[state] += 1
        if (epoch > 1) counts.takenOver += 1
      }
      counts.clients += history.clients.length
      violations.push(...found.map((what) => `seed ${seed}: ${what.slice(0, LONGEST)}`))
      if (found.length > 0)
        console.log(seed, JSON.stringify(schedule.faults), violations.slice(-found.length))
    }
    console.log({ ...counts, continued: world.continued(), violations: violations.length })
    expect(violations).toEqual([])
  } finally {
    await ownServices('down')
  }
})

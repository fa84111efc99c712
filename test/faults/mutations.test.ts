/** Each fence is needed: without it, a daemon that wakes from a stop violates what the histories check. */
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { violationsOf } from '../support/histories/check.ts'
import { MUTATIONS } from '../support/histories/mutations.ts'
import { wokenSchedule } from '../support/histories/schedule.ts'
import { startWorld } from '../support/histories/world.ts'
import { ownServices } from '../support/own-services.ts'

const MUTATED = fileURLToPath(new URL('../support/histories/mutated-entry.ts', import.meta.url))

let services: { postgres: string; redis: string }
beforeAll(async () => {
  services = await ownServices('up')
})
afterAll(() => ownServices('down'))

const found = async (mutation: string) => {
  await using world = await startWorld({
    daemons: 2,
    ...services,
    env: { MUTATION: mutation },
    entry: (daemon) => (daemon === 0 || MUTATIONS[mutation]?.ofAll ? MUTATED : undefined),
  })
  return [
    ...violationsOf(await world.run(wokenSchedule({ breaks: false }))),
    ...violationsOf(await world.run(wokenSchedule({ breaks: true }))),
  ]
}

test.each(Object.entries(MUTATIONS))('%s', async (mutation, { isHarmless = false }) => {
  const violations = await found(mutation)
  console.log(
    mutation,
    violations.map((what) => what.slice(0, 200)),
  )
  expect(violations.length === 0).toBe(isHarmless)
})

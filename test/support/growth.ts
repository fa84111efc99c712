/** How the CPU time of something grows with its input: what is quadratic fails, however fast the machine is. */
import { expect } from 'vitest'

/** The whole input may cost so many times what its quarter costs: linear costs 4, quadratic 16. */
const MAX_RATIO = 8
/** Of each size, whose median counts. */
const RUNS = 3
/** Garbage of earlier work may be collected while this is measured; what is quadratic fails every time. */
const ATTEMPTS = 3
/** What costs less than this at the whole bound, in microseconds of CPU, harms nobody, and cannot be measured. */
const NEGLIGIBLE_US = 10_000

/**
 * Feeds `work` the adversarial text that `make` builds at a quarter and all of `bound` UTF-16 code units (or items, as
 * `make` takes it), and holds the growth of the CPU time of this process. `name` is told where it fails.
 */
export async function expectLinear(
  bound: number,
  make: (size: number) => string,
  work: (text: string) => unknown,
  name = 'input',
): Promise<void> {
  const first = await cpuOf(make(bound), work)
  if (first < NEGLIGIBLE_US) return
  // What is linear mostly shows at once: the first run of the whole was cold, and counts all the more.
  const part = make(Math.floor(bound / 4))
  if (first <= MAX_RATIO * Math.min(await cpuOf(part, work), await cpuOf(part, work))) return
  const told: string[] = []
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const quarter = await medianCpu(make(Math.floor(bound / 4)), work)
    const whole = await medianCpu(make(bound), work)
    if (whole <= MAX_RATIO * Math.max(quarter, NEGLIGIBLE_US / MAX_RATIO)) return
    told.push([quarter, whole].map((us) => `${(us / 1000).toFixed(1)} ms`).join(' and '))
  }
  expect.fail(`CPU of ${name} at ¼ and all of ${bound}: ${told.join('; ')}`)
}

async function medianCpu(text: string, work: (text: string) => unknown): Promise<number> {
  const costs: number[] = []
  for (let run = 0; run < RUNS; run++) costs.push(await cpuOf(text, work))
  return costs.toSorted((a, b) => a - b)[Math.floor(RUNS / 2)] ?? 0
}

async function cpuOf(text: string, work: (text: string) => unknown): Promise<number> {
  const before = process.cpuUsage()
  await work(text)
  const { user, system } = process.cpuUsage(before)
  return user + system
}

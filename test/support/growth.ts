/** How the CPU time of something grows with its input: what is quadratic fails, however fast the machine is. */
import { expect } from 'vitest'

/** The whole input may cost so many times what its quarter costs: linear costs 4, quadratic 16. */
const MAX_RATIO = 8
const RUNS = 5
/** What costs less than this at the whole bound, in microseconds of CPU, harms nobody, and cannot be measured. */
const NEGLIGIBLE_US = 10_000

/**
 * Feeds `work` the adversarial text that `make` builds at a quarter, a half and all of `bound` UTF-16 code units
 * (or items, as `make` takes it), and holds the growth of the CPU time of this process: medians of five. `name` is
 * told where it fails.
 */
export async function expectLinear(
  bound: number,
  make: (size: number) => string,
  work: (text: string) => unknown,
  name = 'input',
): Promise<void> {
  if ((await cpuOf(make(bound), work)) < NEGLIGIBLE_US) return
  const [quarter = 0, half = 0, whole = 0] = [
    await medianCpu(make(Math.floor(bound / 4)), work),
    await medianCpu(make(Math.floor(bound / 2)), work),
    await medianCpu(make(bound), work),
  ]
  if (whole < NEGLIGIBLE_US) return
  const told = `CPU of ${name} at ¼, ½ and all of ${bound}: ${[quarter, half, whole].map((us) => `${(us / 1000).toFixed(1)} ms`).join(', ')}`
  expect(whole / Math.max(quarter, NEGLIGIBLE_US / MAX_RATIO), told).toBeLessThanOrEqual(MAX_RATIO)
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

/** Confidence intervals by bootstrap, seeded: the same values give the same interval. */

export interface Interval {
  readonly low: number
  readonly high: number
}

export interface MetricDifference extends Interval {
  readonly mean: number
  /** The interval does not contain zero. */
  readonly significant: boolean
}

const RESAMPLES = 2000
const OUTSIDE_SHARE = 0.05
const SEED = 20_260_101

/** 95 % percentile interval of the mean. */
export function meanInterval(values: readonly number[]): Interval {
  const means = resampledMeans(Float64Array.from(values))
  const at = (share: number) => means[Math.round(share * (RESAMPLES - 1))] ?? Number.NaN
  return { low: at(OUTSIDE_SHARE / 2), high: at(1 - OUTSIDE_SHARE / 2) }
}

/** Interval of the mean of `after - before`; both have the same questions in the same order. */
export function pairedDifference(before: readonly number[], after: readonly number[]): MetricDifference {
  const differences = after.map((value, index) => value - (before[index] ?? Number.NaN))
  const { low, high } = meanInterval(differences)
  const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length
  return { mean, low, high, significant: low > 0 || high < 0 }
}

function resampledMeans(values: Float64Array): Float64Array {
  const random = seededRandom(SEED)
  const means = new Float64Array(RESAMPLES)
  for (let resample = 0; resample < RESAMPLES; resample++) {
    let sum = 0
    for (let i = 0; i < values.length; i++) sum += values[Math.floor(random() * values.length)] ?? 0
    means[resample] = sum / values.length
  }
  return means.sort()
}

/** Numbers from 0 (inclusive) to 1 (exclusive): mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

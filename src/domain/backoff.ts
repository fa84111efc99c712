export interface BackoffBounds {
  readonly firstMs: number
  readonly longestMs: number
}

/** Keeps the factor finite; the pause reaches its maximum earlier. */
const MAX_DOUBLINGS = 30

/** Milliseconds after this many consecutive failures (from 1): doubles with each, up to the maximum. */
export const doubledMs = (failures: number, { firstMs, longestMs }: BackoffBounds): number =>
  Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, MAX_DOUBLINGS))

/** The same with jitter: half of the pause is random, so that clients that failed together spread out. */
export const backoffMs = (failures: number, bounds: BackoffBounds, random = Math.random): number =>
  Math.round(doubledMs(failures, bounds) * (0.5 + random() / 2))

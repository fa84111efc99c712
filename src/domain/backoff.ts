export interface BackoffBounds {
  readonly firstMs: number
  readonly longestMs: number
}

/** Beyond these the factor is no number any more, and every pause is the longest. */
const MOST_DOUBLINGS = 30

/** Milliseconds after so many failures in a row (from 1): doubles with each, up to the longest. */
export const doubledMs = (failures: number, { firstMs, longestMs }: BackoffBounds): number =>
  Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, MOST_DOUBLINGS))

/** The same as a pause before the next try: half of it by chance, so that those who failed together do not come back together. */
export const backoffMs = (failures: number, bounds: BackoffBounds, random = Math.random): number =>
  Math.round(doubledMs(failures, bounds) * (0.5 + random() / 2))

/** So many a minute, and a burst of so many at once. */
export interface Rate {
  readonly perMinute: number
  readonly burst: number
}

/** What became of one request. */
export interface Standing {
  readonly allowed: boolean
  /** Requests at once. */
  readonly limit: number
  readonly remaining: number
  /** Until one more is allowed; 0 while some remain. */
  readonly retryAfterMs: number
}

/** Counts requests by subject. */
export interface RateLimiter {
  /** Takes one request out of what the subject may send now. */
  take: (subject: string, rate: Rate) => Promise<Standing>
  close: () => Promise<void>
}

/** The shortest pause between two refills. */
const MIN_RETRY_AFTER_MS = 250

/** A refill of whole requests: `amount` each `everyMs`. */
export function refill({ perMinute }: Rate): { readonly amount: number; readonly everyMs: number } {
  const amount = Math.ceil((perMinute * MIN_RETRY_AFTER_MS) / 60_000)
  return { amount, everyMs: Math.ceil((amount * 60_000) / perMinute) }
}

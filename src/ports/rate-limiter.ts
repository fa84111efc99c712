/** Token bucket: requests a minute, and a burst. */
export interface Rate {
  readonly perMinute: number
  readonly burst: number
}

/** The outcome for one request. */
export interface Standing {
  readonly allowed: boolean
  /** Burst size. */
  readonly limit: number
  readonly remaining: number
  /** Time until the next request is allowed; 0 while some remain. */
  readonly retryAfterMs: number
}

/** Limits requests per subject. */
export interface RateLimiter {
  /** Takes one request from the subject's bucket. */
  take: (subject: string, rate: Rate) => Promise<Standing>
  close: () => Promise<void>
}

/** The shortest interval between two refills. */
const MIN_RETRY_AFTER_MS = 250

/** A refill of whole requests: `amount` every `everyMs`. */
export function refill({ perMinute }: Rate): { readonly amount: number; readonly everyMs: number } {
  const amount = Math.ceil((perMinute * MIN_RETRY_AFTER_MS) / 60_000)
  return { amount, everyMs: Math.ceil((amount * 60_000) / perMinute) }
}

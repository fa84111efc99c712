export interface BackoffOptions {
  /** Mean of the first pause, milliseconds. */
  readonly baseMs: number
  readonly maxMs: number
  /** 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number
}

/**
 * The pause before the `attempt`-th try (from 1), milliseconds: doubles up to `maxMs`, times 0.5 to 1, so that
 * the clients of a daemon that restarts do not all come back at once.
 */
export function backoffDelay(attempt: number, { baseMs, maxMs, random }: BackoffOptions): number {
  const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(attempt - 1, 30))
  return Math.round(ceiling * (0.5 + random() / 2))
}

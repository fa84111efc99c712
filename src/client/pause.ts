import { setTimeout } from 'node:timers/promises'

/** Resolves after so many milliseconds, or at once when the signal is aborted. */
export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  setTimeout(ms, undefined, { signal }).catch(() => undefined)

import type { EngineWork } from '../../src/pipeline/ports.ts'

/** Work for somebody whose tokens nobody counts, until the signal aborts. */
export const workFor = (
  asker = 'somebody',
  signal: AbortSignal = new AbortController().signal,
): EngineWork => ({ asker, signal, spend: () => undefined })

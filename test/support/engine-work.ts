import type { EngineWork } from '../../src/ports/generator.ts'

/** Work for somebody whose tokens nobody counts, until the signal aborts. */
export const workFor = (
  asker = 'somebody',
  signal: AbortSignal = new AbortController().signal,
): EngineWork => ({ asker, signal, spend: () => undefined })

import { ChatbotError } from '../../domain/errors.ts'

export interface Stops {
  /** Start nothing new; finish what is running. */
  readonly stop?: AbortSignal | undefined
  /** Stop at once. */
  readonly abort?: AbortSignal | undefined
}

/** Throws `cancelled` if nothing new may start. */
export function checkStops({ stop, abort }: Stops): void {
  if (stop?.aborted || abort?.aborted) throw cancelled()
}

export const cancelled = () => new ChatbotError('cancelled', 'The ingest was cancelled.')

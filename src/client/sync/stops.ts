import { ChatbotError } from '../../domain/errors.ts'

export interface Stops {
  /** Begin nothing more; what is under way is finished. */
  readonly stop?: AbortSignal | undefined
  /** Stop at once. */
  readonly abort?: AbortSignal | undefined
}

/** Throws `cancelled` when nothing more may begin. */
export function checkStops({ stop, abort }: Stops): void {
  if (stop?.aborted || abort?.aborted) throw cancelled()
}

export const cancelled = () => new ChatbotError('cancelled', 'The ingest was stopped.')

import { ChatbotError } from '../../domain/errors.ts'

export interface Stops {
  /** Begin nothing more; what is under way is finished. */
  readonly stop?: AbortSignal | undefined
  /** Stop at once. */
  readonly abort?: AbortSignal | undefined
}

/**
 * Works on `limit` items at a time; after an error or a stop no new one is begun, and those begun are awaited.
 * Throws `cancelled` when it was stopped.
 */
export async function concurrently<T>(
  limit: number,
  items: readonly T[],
  { stop, abort }: Stops,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values()
  let broken = false
  const worker = async () => {
    for (const item of queue) {
      if (stop?.aborted || abort?.aborted) throw cancelled()
      if (broken) return
      await work(item).catch((error: unknown) => {
        broken = true
        throw error
      })
    }
  }
  const outcomes = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, worker))
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}

export const cancelled = () => new ChatbotError('cancelled', 'The ingest was stopped.')

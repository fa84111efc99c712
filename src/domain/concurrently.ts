/**
 * Processes at most `limit` items at a time. After a failure it starts no more items and aborts `failed`; once all
 * started items have ended, it throws the first failure.
 */
export async function concurrently<T>(
  limit: number,
  items: readonly T[],
  work: (item: T, failed: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController()
  const waiting = items.values()
  const worker = async () => {
    for (const item of waiting) {
      if (failed.signal.aborted) return
      await work(item, failed.signal)
    }
  }
  await Promise.all(
    Array.from({ length: limit }, () => worker().catch((error: unknown) => failed.abort(error))),
  )
  failed.signal.throwIfAborted()
}

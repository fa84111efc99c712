import { setTimeout } from 'node:timers/promises'

/** What `look` finds, as soon as it finds something; the test's own time limit ends it. */
export async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    await setTimeout(10)
  }
}

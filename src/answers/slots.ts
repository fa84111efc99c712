import { type Semaphore, semaphore } from '../domain/semaphore.ts'

/** A few slots per subject: many asks of one subject wait for each other, not other subjects for them. */
export interface Slots {
  /** Resolves when the subject gets a slot, to a function that frees it; calling it twice is harmless. */
  take: (subject: string) => Promise<() => void>
}

/** Limits the concurrent slots of each subject, first come, first served. */
export function fairSlots(most: number): Slots {
  const subjects = new Map<string, Semaphore>()
  return {
    async take(subject) {
      const own = subjects.get(subject) ?? semaphore(most)
      subjects.set(subject, own)
      const leave = await own.take()
      return () => {
        leave()
        // A second call must not affect newer slots of the same subject.
        if (own.isIdle() && subjects.get(subject) === own) subjects.delete(subject)
      }
    },
  }
}

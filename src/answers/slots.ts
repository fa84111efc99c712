import { type Semaphore, semaphore } from '../domain/semaphore.ts'

/** A few slots for each subject, so that one who asks much makes nobody else wait. */
export interface Slots {
  /** Resolves when the subject has a slot; the function that it gives frees it, however often it is called. */
  take: (subject: string) => Promise<() => void>
}

/** At most so many slots of a subject at once, in the order in which they were asked for. */
export function fairSlots(most: number): Slots {
  const subjects = new Map<string, Semaphore>()
  return {
    async take(subject) {
      const own = subjects.get(subject) ?? semaphore(most)
      subjects.set(subject, own)
      const leave = await own.take()
      return () => {
        leave()
        // Called again, it may find newer slots of the same subject.
        if (own.isIdle() && subjects.get(subject) === own) subjects.delete(subject)
      }
    },
  }
}

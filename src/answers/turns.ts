import { type Semaphore, semaphore } from '../domain/semaphore.ts'

/** Fairness between askers: many asks of one wait for each other, not other askers for them. */
export interface Turns {
  /** Resolves when it is the subject's turn, to a function that ends the turn; calling it twice is harmless. */
  take: (subject: string) => Promise<() => void>
}

/** Limits the concurrent turns of each subject, first come, first served. */
export function fairTurns(most: number): Turns {
  const subjects = new Map<string, Semaphore>()
  return {
    async take(subject) {
      const turns = subjects.get(subject) ?? semaphore(most)
      subjects.set(subject, turns)
      const leave = await turns.take()
      return () => {
        leave()
        // A second call must not end a newer turn of the same subject.
        if (turns.isIdle() && subjects.get(subject) === turns) subjects.delete(subject)
      }
    },
  }
}

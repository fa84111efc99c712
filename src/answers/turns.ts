import { type Semaphore, semaphore } from '../domain/semaphore.ts'

/** Whose asks are worked on: one who asks much waits for the own asks before, and nobody else does. */
export interface Turns {
  /** Resolves when it is the subject's turn; the function that it gives ends the turn, however often it is called. */
  take: (subject: string) => Promise<() => void>
}

/** At most so many turns of a subject at once, in the order in which they were asked for. */
export function fairTurns(most: number): Turns {
  const subjects = new Map<string, Semaphore>()
  return {
    async take(subject) {
      const turns = subjects.get(subject) ?? semaphore(most)
      subjects.set(subject, turns)
      const leave = await turns.take()
      return () => {
        leave()
        // Called again, it may find turns of the same subject that were begun anew.
        if (turns.isIdle() && subjects.get(subject) === turns) subjects.delete(subject)
      }
    },
  }
}

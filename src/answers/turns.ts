/** Whose asks are worked on: one who asks much waits for the own asks before, and nobody else does. */
export interface Turns {
  /** Resolves when it is the subject's turn; the function that it gives ends the turn, however often it is called. */
  take: (subject: string) => Promise<() => void>
}

/** At most so many turns of a subject at once, in the order in which they were asked for. */
export function fairTurns(most: number): Turns {
  const subjects = new Map<string, { running: number; readonly waiting: (() => void)[] }>()

  function leave(subject: string): void {
    const state = subjects.get(subject)
    if (state === undefined) return
    const next = state.waiting.shift()
    if (next !== undefined) next()
    else if (state.running === 1) subjects.delete(subject)
    else state.running -= 1
  }

  return {
    async take(subject) {
      const state = subjects.get(subject) ?? { running: 0, waiting: [] }
      subjects.set(subject, state)
      if (state.running < most) state.running += 1
      else await new Promise<void>((resolve) => state.waiting.push(resolve))
      let hasLeft = false
      return () => {
        if (!hasLeft) leave(subject)
        hasLeft = true
      }
    },
  }
}

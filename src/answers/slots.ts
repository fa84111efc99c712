/** A few slots for each subject, so that one who asks much makes nobody else wait. */
export interface Slots {
  /** Resolves when the subject has a slot; the function that it gives frees it, however often it is called. */
  take: (subject: string) => Promise<() => void>
}

/** At most so many slots of a subject at once, in the order in which they were asked for. */
export function fairSlots(max: number): Slots {
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
      if (state.running < max) state.running += 1
      else await new Promise<void>((resolve) => state.waiting.push(resolve))
      let hasLeft = false
      return () => {
        if (!hasLeft) leave(subject)
        hasLeft = true
      }
    },
  }
}

/** Maximum frames per second; faster deltas are batched. */
export const MAX_FPS = 30

export interface TextBatch {
  add: (text: string) => void
  /** Delivers pending text now. */
  flush: () => void
}

/** Batches text so that `take` is called at most MAX_FPS times a second; the first piece is delivered at once. */
export function batchText(take: (text: string) => void): TextBatch {
  let waiting = ''
  let timer: NodeJS.Timeout | undefined
  const hand = () => {
    if (waiting === '') return
    const text = waiting
    waiting = ''
    take(text)
  }
  const tick = () => {
    timer = waiting === '' ? undefined : setTimeout(tick, 1000 / MAX_FPS)
    hand()
  }
  return {
    add(text) {
      waiting += text
      if (timer === undefined) tick()
    },
    flush() {
      clearTimeout(timer)
      timer = undefined
      hand()
    },
  }
}

import type { AskEvent } from './client.ts'

type TextEvent = Extract<AskEvent, { type: 'delta' | 'restart' }>

/**
 * Keeps the consumer's text of an answer correct while the daemon repeats the stream from the start: drops text that
 * the consumer already has, and emits a `restart` at the first difference.
 */
export class AnswerText {
  #shown = ''
  /** Length of `#shown` that the current stream has confirmed; all of it unless the stream is repeating. */
  #confirmed = 0

  /** The daemon restarts the stream. */
  rewind(): void {
    this.#confirmed = 0
  }

  append(text: string): TextEvent[] {
    const same = commonPrefix(this.#shown, this.#confirmed, text)
    const events = this.#cut(this.#confirmed + same, same < text.length)
    this.#confirmed += same
    const rest = text.slice(same)
    if (rest === '') return events
    this.#shown += rest
    this.#confirmed = this.#shown.length
    return [...events, { type: 'delta', text: rest }]
  }

  restart(keep: number): TextEvent[] {
    const repeating = this.#confirmed < this.#shown.length
    this.#confirmed = Math.min(keep, this.#shown.length)
    // During a repetition, the text after `keep` may come again unchanged.
    return this.#cut(this.#confirmed, !repeating)
  }

  /** Reconciles with the complete text, as stored. */
  finish(text: string): TextEvent[] {
    this.rewind()
    const events = this.append(text)
    return [...events, ...this.#cut(text.length, true)]
  }

  #cut(keep: number, now: boolean): TextEvent[] {
    if (!now || keep >= this.#shown.length) return []
    this.#shown = this.#shown.slice(0, keep)
    return [{ type: 'restart', keep }]
  }
}

/** Code units of `text` that match `shown` from `from` on; never splits a surrogate pair. */
function commonPrefix(shown: string, from: number, text: string): number {
  if (shown.startsWith(text, from)) return text.length
  const limit = Math.min(text.length, shown.length - from)
  let same = 0
  while (same < limit && shown.charCodeAt(from + same) === text.charCodeAt(same)) same++
  const last = same > 0 ? text.charCodeAt(same - 1) : 0
  const splitsPair = last >= 0xd800 && last <= 0xdbff
  return splitsPair ? same - 1 : same
}

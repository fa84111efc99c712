import type { AnswerEvent } from './answer.ts'

type TextEvent = Extract<AnswerEvent, { type: 'delta' | 'restart' }>

/**
 * The text that a reader has of an answer, while another stream of it arrives: what that repeats is not sent again, and
 * a `restart` comes at the first difference.
 */
export class ShownText {
  #shown: string
  /** Length of `#shown` that the stream has confirmed; all of it unless the stream is repeating. */
  #confirmed = 0

  /** `shown`: text that the stream has yet to confirm. */
  constructor(shown = '') {
    this.#shown = shown
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

  /** Drops what the stream has not confirmed: it will not come. */
  forget(): TextEvent[] {
    return this.#cut(this.#confirmed, true)
  }

  /** The events that make the shown text this one. They are not applied: `replace` does that too. */
  until(text: string): TextEvent[] {
    const keep = commonPrefix(this.#shown, 0, text)
    const rest = text.slice(keep)
    return [
      ...(keep < this.#shown.length ? [{ type: 'restart', keep } as const] : []),
      ...(rest === '' ? [] : [{ type: 'delta', text: rest } as const]),
    ]
  }

  /** The stream's text is this, as a whole. */
  replace(text: string): TextEvent[] {
    const events = this.until(text)
    this.#shown = text
    this.#confirmed = text.length
    return events
  }

  /** Shows an event of another stream; this one has yet to confirm it. */
  preview(event: TextEvent): void {
    this.#shown = event.type === 'delta' ? this.#shown + event.text : this.#shown.slice(0, event.keep)
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

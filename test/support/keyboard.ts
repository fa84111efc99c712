import { PassThrough } from 'node:stream'

/** What Ink takes for the keyboard of a terminal: keys are written into it. */
export class Keyboard extends PassThrough {
  readonly isTTY = true
  isRaw = false
  setRawMode(on: boolean): this {
    this.isRaw = on
    return this
  }
  ref(): this {
    return this
  }
  unref(): this {
    return this
  }
}

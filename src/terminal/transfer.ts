import { bytes, duration } from '../text/amounts.ts'
import { cut } from './table.ts'

const DRAW_MS = 100
const LINE_MS = 5000
const BAR_WIDTH = 24
/** The rate is unreliable before this. */
const RATE_AFTER_MS = 1000

export interface Transfer {
  readonly done: number
  readonly total: number
  /** Transferred since the start: bytes left from an earlier run are excluded from the rate. */
  readonly moved: number
  readonly elapsedMs: number
}

/** Bytes on stderr: a bar on a terminal, a plain line every few seconds elsewhere. */
export class TransferReport implements Disposable {
  readonly #started = performance.now()
  readonly #stream: NodeJS.WriteStream
  readonly #total: number
  readonly #before: number
  #done: number
  #shown = Number.NEGATIVE_INFINITY

  constructor(total: number, before: number, stream: NodeJS.WriteStream = process.stderr) {
    this.#total = total
    this.#before = before
    this.#done = before
    this.#stream = stream
    if (!stream.isTTY) this.#shown = this.#started
  }

  add(count: number): void {
    this.#done += count
    const now = performance.now()
    if (now - this.#shown < (this.#stream.isTTY ? DRAW_MS : LINE_MS)) return
    this.#shown = now
    const elapsedMs = now - this.#started
    const moved = Math.max(0, this.#done - this.#before)
    const line = transferLine({ done: this.#done, total: this.#total, moved, elapsedMs })
    if (!this.#stream.isTTY) this.#stream.write(`${line}\n`)
    else {
      const filled = Math.round((this.#done / Math.max(1, this.#total)) * BAR_WIDTH)
      const bar = '█'.repeat(filled) + '░'.repeat(Math.max(0, BAR_WIDTH - filled))
      this.#stream.write(`\r\x1b[K${cut(`${bar} ${line}`, (this.#stream.columns || 80) - 1)}`)
    }
  }

  [Symbol.dispose](): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[K')
  }
}

/** `12.4 MB of 118 MB, 5.1 MB/s, about 21 s left`. */
export function transferLine({ done, total, moved, elapsedMs }: Transfer): string {
  const parts = [`${bytes(done)} of ${bytes(total)}`]
  if (elapsedMs >= RATE_AFTER_MS && moved > 0) {
    const perMs = moved / elapsedMs
    parts.push(`${bytes(perMs * 1000)}/s`)
    if (done < total) parts.push(`about ${duration((total - done) / perMs)} left`)
  }
  return parts.join(', ')
}

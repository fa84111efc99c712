import { count, duration } from './format.ts'
import { cut } from './table.ts'

/** Least time between two drawings of the bar, and between two plain lines. */
const DRAW_MS = 100
const LINE_MS = 5000
const BAR_WIDTH = 24
/** The first items wait for workers to start: their rate says nothing about the rest. */
const ITEMS_BEFORE_RATE = 8

export interface Progress {
  readonly done: number
  /** Of all. */
  readonly total: number
  /** What is counted: `file`. */
  readonly noun: string
  /** That came of them, where that is counted too. */
  readonly chunks?: number | undefined
  readonly elapsedMs: number
}

/** Progress on stderr: a bar on a terminal, a plain line every few seconds elsewhere. */
export class ProgressReport implements Disposable {
  readonly #total: number
  readonly #noun: string
  readonly #started = performance.now()
  readonly #stream: NodeJS.WriteStream
  #done = 0
  #chunks: number | undefined
  #drawn = Number.NEGATIVE_INFINITY
  #lined = performance.now()

  constructor(total: number, noun: string, stream: NodeJS.WriteStream = process.stderr) {
    this.#total = total
    this.#noun = noun
    this.#stream = stream
  }

  /** One item is done; `chunks` came of it. */
  add(chunks?: number): void {
    this.#done += 1
    if (chunks !== undefined) this.#chunks = (this.#chunks ?? 0) + chunks
    const now = performance.now()
    const progress = {
      done: this.#done,
      total: this.#total,
      noun: this.#noun,
      chunks: this.#chunks,
      elapsedMs: now - this.#started,
    }
    if (this.#stream.isTTY) {
      if (now - this.#drawn < DRAW_MS) return
      this.#drawn = now
      this.#stream.write(`\r\x1b[K${cut(barLine(progress), (this.#stream.columns || 80) - 1)}`)
    } else if (now - this.#lined >= LINE_MS) {
      this.#lined = now
      this.#stream.write(`${plainLine(progress)}\n`)
    }
  }

  /** Writes a line of its own above the bar. */
  note(line: string): void {
    this.#stream.write(this.#stream.isTTY ? `\r\x1b[K${line}\n` : `${line}\n`)
    this.#drawn = Number.NEGATIVE_INFINITY
  }

  [Symbol.dispose](): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[K')
  }
}

export function barLine(progress: Progress): string {
  const filled = Math.round((progress.done / Math.max(1, progress.total)) * BAR_WIDTH)
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${plainLine(progress)}`
}

/** `120 of 500 files, 3,400 chunks, 12.0 files/s, about 32 s left`. */
export function plainLine({ done, total, noun, chunks, elapsedMs }: Progress): string {
  const parts = [`${done.toLocaleString('en-US')} of ${count(total, noun)}`]
  if (chunks !== undefined) parts.push(count(chunks, 'chunk'))
  if (elapsedMs > 0 && done >= Math.min(ITEMS_BEFORE_RATE, total)) {
    const rate = done / (elapsedMs / 1000)
    parts.push(`${rate < 10 ? rate.toFixed(1) : Math.round(rate)} ${noun}s/s`)
    if (done < total) parts.push(`about ${duration(((total - done) / rate) * 1000)} left`)
  }
  return parts.join(', ')
}

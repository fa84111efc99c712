import { count, duration } from './format.ts'
import { cut } from './table.ts'

/** Least time between two drawings of the bar, and between two plain lines. */
const DRAW_MS = 100
const LINE_MS = 5000
const BAR_WIDTH = 24
/** The first files wait for the parser to start: their rate says nothing about the rest. */
const FILES_BEFORE_RATE = 8

export interface Progress {
  readonly files: number
  readonly chunks: number
  /** All files. */
  readonly total: number
  readonly elapsedMs: number
}

/** Progress on stderr: a bar on a terminal, a plain line every few seconds elsewhere. */
export class ProgressReport implements Disposable {
  readonly #total: number
  readonly #started = performance.now()
  readonly #stream: NodeJS.WriteStream
  #files = 0
  #chunks = 0
  #drawn = Number.NEGATIVE_INFINITY
  #lined = performance.now()

  constructor(total: number, stream: NodeJS.WriteStream = process.stderr) {
    this.#total = total
    this.#stream = stream
  }

  add(chunks: number): void {
    this.#files += 1
    this.#chunks += chunks
    const now = performance.now()
    const progress = {
      files: this.#files,
      chunks: this.#chunks,
      total: this.#total,
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
  const filled = Math.round((progress.files / Math.max(1, progress.total)) * BAR_WIDTH)
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${plainLine(progress)}`
}

/** `120 of 500 files, 3,400 chunks, 12.0 files/s, about 32 s left`. */
export function plainLine({ files, chunks, total, elapsedMs }: Progress): string {
  const parts = [`${files.toLocaleString('en-US')} of ${count(total, 'file')}`, count(chunks, 'chunk')]
  if (elapsedMs > 0 && files >= Math.min(FILES_BEFORE_RATE, total)) {
    const rate = files / (elapsedMs / 1000)
    parts.push(`${rate < 10 ? rate.toFixed(1) : Math.round(rate)} files/s`)
    if (files < total) parts.push(`about ${duration(((total - files) / rate) * 1000)} left`)
  }
  return parts.join(', ')
}

import type { JobStatus } from '../client/sync/run.ts'
import { printableLine } from '../domain/printable.ts'
import { count, duration } from '../text/amounts.ts'
import { displayUri } from './place.ts'
import { cut } from './table.ts'

/** Minimum interval between redraws of the bar, and between plain lines. */
const DRAW_MS = 100
const LINE_MS = 5000
const BAR_WIDTH = 24
/** The rate is unreliable before this: the first items wait for workers to start. */
const ITEMS_BEFORE_RATE = 8
const CHUNKS_BEFORE_RATE = 64

export interface Progress {
  readonly done: number
  /** Number of all items. */
  readonly total: number
  /** The counted item: `file`. */
  readonly noun: string
  /** Embedded and known chunks, if they are counted too. */
  readonly chunks?: { readonly done: number; readonly total: number } | undefined
  readonly elapsedMs: number
  /** The current file. */
  readonly current?: string | null
  /** Why nothing moves. */
  readonly waiting?: string | null
}

/** Progress on stderr: a bar on a terminal, a plain line every few seconds elsewhere. */
export class ProgressReport implements Disposable {
  readonly #started = performance.now()
  readonly #stream: NodeJS.WriteStream
  #progress: Omit<Progress, 'elapsedMs'>
  #before: number | undefined
  #drawn = Number.NEGATIVE_INFINITY
  #lined = performance.now()

  constructor(total: number, noun: string, stream: NodeJS.WriteStream = process.stderr) {
    this.#progress = { done: 0, total, noun }
    this.#stream = stream
  }

  /** Counts one finished item. */
  add(): void {
    this.#progress = { ...this.#progress, done: this.#progress.done + 1 }
    this.#draw()
  }

  /** Shows the job's progress; earlier work is excluded from the rate. */
  show(job: JobStatus): void {
    const done = job.embedded + job.reused
    const before = this.#before ?? done
    this.#before = before
    const chunks = { done: done - before, total: job.chunks - before }
    this.#progress = { ...this.#progress, chunks, current: job.current, waiting: job.waiting }
    this.#draw()
  }

  /** Files of the followed job. */
  files(done: number, total: number): void {
    this.#progress = { ...this.#progress, done, total }
  }

  /** Writes a line above the bar. */
  note(line: string): void {
    this.#stream.write(this.#stream.isTTY ? `\r\x1b[K${line}\n` : `${line}\n`)
    this.#drawn = Number.NEGATIVE_INFINITY
  }

  #draw(): void {
    const now = performance.now()
    const progress = { ...this.#progress, elapsedMs: now - this.#started }
    if (this.#stream.isTTY) {
      if (now - this.#drawn < DRAW_MS) return
      this.#drawn = now
      this.#stream.write(`\r\x1b[K${cut(barLine(progress), (this.#stream.columns || 80) - 1)}`)
    } else if (now - this.#lined >= LINE_MS) {
      this.#lined = now
      this.#stream.write(`${plainLine(progress)}\n`)
    }
  }

  [Symbol.dispose](): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[K')
  }
}

function barLine(progress: Progress): string {
  const filled = Math.round((progress.done / Math.max(1, progress.total)) * BAR_WIDTH)
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${plainLine(progress)}`
}

/** `120 of 500 files, 3,400 of 9,100 chunks, 112 chunks/s, about 51 s left, docs/a.md`. */
export function plainLine(progress: Progress): string {
  const { done, total, noun, chunks, elapsedMs, current, waiting } = progress
  const parts = [`${number(done)} of ${count(total, noun)}`]
  if (chunks !== undefined) parts.push(`${number(chunks.done)} of ${count(chunks.total, 'chunk')}`)
  if (waiting) return [...parts, `waiting: ${printableLine(waiting)}`].join(', ')
  const seconds = elapsedMs / 1000
  const left = [done >= Math.min(ITEMS_BEFORE_RATE, total) ? ((total - done) * seconds) / done : Number.NaN]
  if (chunks !== undefined && chunks.done >= CHUNKS_BEFORE_RATE) {
    parts.push(rateOf(chunks.done / seconds, 'chunk'))
    left.push(((chunks.total - chunks.done) * seconds) / chunks.done)
  } else if (chunks === undefined && done >= Math.min(ITEMS_BEFORE_RATE, total)) {
    parts.push(rateOf(done / seconds, noun))
  }
  // File sizes vary, and not all chunks are known yet: the later estimate is the better one.
  const longest = Math.max(...left.filter(Number.isFinite))
  if (done < total && longest > 0) parts.push(`about ${duration(longest * 1000)} left`)
  if (current) parts.push(printableLine(displayUri(current, process.cwd())))
  return parts.join(', ')
}

const rateOf = (rate: number, noun: string): string =>
  `${rate < 10 ? rate.toFixed(1) : Math.round(rate)} ${noun}s/s`

const number = (value: number): string => value.toLocaleString('en-US')

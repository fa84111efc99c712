/** Progress output of `ingest` and `sources sync`. */
import type { Expansion } from '../../src/client/files/expand.ts'
import { type IngestReport, reported } from '../../src/client/sync/report.ts'
import type { JobStatus } from '../../src/client/sync/run.ts'
import type { SyncListener } from '../../src/client/sync/session.ts'
import type { SyncResult } from '../../src/client/sync/sync.ts'
import { escapedJson } from '../../src/domain/escaped-json.ts'
import { printableLine } from '../../src/domain/printable.ts'
import type { NewSource } from '../../src/domain/source.ts'
import { confirm } from '../../src/terminal/confirm.ts'
import { ProgressReport } from '../../src/terminal/progress.ts'
import { count } from '../../src/text/amounts.ts'
import { failureLine, nameOf, skippedLine } from './ingest-summary.ts'

export interface OutputFlags {
  readonly detach?: boolean
  readonly 'dry-run': boolean
  readonly ndjson: boolean
  readonly prune: boolean
  readonly verbose: boolean
  readonly watch?: boolean
  readonly yes: boolean
}

/** A bar and lines for people on stderr, unless silent; with `--ndjson`, one line per file on stdout. */
export class SyncOutput implements SyncListener, Disposable {
  readonly #flags: OutputFlags
  #silent: boolean
  #progress: ProgressReport | undefined

  constructor(
    flags: OutputFlags,
    { silent, stop }: { readonly silent: boolean; readonly stop: AbortSignal },
  ) {
    this.#flags = flags
    this.#silent = silent
    stop.addEventListener('abort', () =>
      this.#note(
        flags.detach === true
          ? 'No more uploads. The daemon continues with the accepted files.'
          : 'Stopping; Ctrl-C again stops at once.',
      ),
    )
  }

  onFound({ files, failed, skipped }: Expansion): void {
    this[Symbol.dispose]()
    if (!this.#silent) this.#progress = new ProgressReport(files.length, 'file')
    for (const failure of failed) {
      this.#note(failureLine(failure))
      this.#line({ ...failure, status: 'failed' })
    }
    if (this.#flags.verbose) for (const file of skipped) this.#note(skippedLine(file))
  }

  onIncomplete({ location }: NewSource, documents: number): void {
    const { prune, watch } = this.#flags
    if (documents === 0 || !(prune || watch)) return
    this.#note(
      printableLine(
        `${location} could not be read completely: no documents count as gone, and none are deleted.`,
      ),
    )
  }

  onProgress(job: JobStatus): void {
    this.#progress?.show(job)
  }

  onResult(result: SyncResult): void {
    this.#line(reported(result))
    const { verbose } = this.#flags
    const name = nameOf(result.uri)
    switch (result.status) {
      case 'failed':
        this.#note(failureLine({ ...result, path: result.uri }))
        break
      case 'moved':
        if (verbose) this.#note(`${nameOf(result.from)} → ${name}: moved`)
        return
      case 'removed':
      case 'left':
        if (verbose) this.#note(`${name}: ${result.status === 'left' ? 'left' : 'deleted'}`)
        return
      case 'indexed':
      case 'staged':
      case 'unchanged':
        if (verbose) this.#note(`${name}: ${result.status}`)
    }
    if (result.status === 'indexed') {
      for (const warning of result.warnings) this.#note(`${name}: note: ${printableLine(warning)}`)
    }
    this.#progress?.add()
  }

  /** All documents that left the source, once more than half of a source is confirmed. */
  async prune(left: readonly string[], held: number): Promise<readonly string[]> {
    if (left.length * 2 > held && !this.#flags['dry-run']) {
      this[Symbol.dispose]()
      await confirm(
        `${count(left.length, 'document')} of ${held} left the source; --prune deletes them.`,
        this.#flags.yes,
      )
    }
    return left
  }

  /** Stops progress and lines for people. */
  silence(): void {
    this.#silent = true
  }

  /** Ends the bar. */
  [Symbol.dispose](): void {
    this.#progress?.[Symbol.dispose]()
    this.#progress = undefined
  }

  /** A line for people, above the bar. */
  #note(line: string): void {
    if (this.#silent) return
    if (this.#progress === undefined) process.stderr.write(`${line}\n`)
    else this.#progress.note(line)
  }

  #line(file: object): void {
    if (this.#flags.ndjson) writeNdjson({ type: 'file', ...file })
  }
}

/** The last line of a run, after one line per file. */
export function writeTotals({ files: _, ...totals }: IngestReport, source: object = {}): void {
  writeNdjson({ type: 'report', ...source, ...totals })
}

const writeNdjson = (entry: object) => process.stdout.write(`${escapedJson(entry)}\n`)

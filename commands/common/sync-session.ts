/** One run of `ingest` or `sources sync`: reads, compares, uploads, and tells what becomes of every file. */
import type { ApiClient } from '../../src/client/api.ts'
import type { Expansion, SkippedFile } from '../../src/client/sync/files.ts'
import type { hashFile } from '../../src/client/sync/hash.ts'
import { ingestFiles } from '../../src/client/sync/ingest.ts'
import { type ReadSourceOptions, readSource } from '../../src/client/sync/read-source.ts'
import type { JobStatus } from '../../src/client/sync/run.ts'
import {
  type HeldSource,
  type PreviewedChange,
  previewSync,
  type SyncOptions,
  type SyncResult,
  syncSource,
} from '../../src/client/sync/sync.ts'
import { displayUri } from '../../src/client/sync/uri.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import { escapedJson } from '../../src/domain/escaped-json.ts'
import { printableLine } from '../../src/domain/printable.ts'
import type { NewSource } from '../../src/domain/source.ts'
import { confirm } from './confirm.ts'
import { count } from './format.ts'
import { changeLine, failureLine, type Outcome, reported } from './ingest-report.ts'
import type { Interrupt } from './interrupt.ts'
import { ProgressReport } from './progress.ts'

export interface SessionFlags {
  readonly detach?: boolean
  readonly jobs: number
  readonly prune: boolean
  readonly yes: boolean
  readonly 'dry-run': boolean
  readonly verbose: boolean
  readonly ndjson: boolean
}

export interface SessionOptions {
  readonly api: ApiClient
  readonly flags: SessionFlags
  readonly interrupt: Interrupt
  readonly read: ReadSourceOptions
  readonly maxFileBytes: number
  readonly password?: string | undefined
  /** No progress and no lines for people. */
  readonly silent: boolean
  readonly hash?: typeof hashFile
  /** Instead of asking: which of the documents that left are deleted. */
  readonly prune?: SyncOptions['prune']
}

export type SourceOutcome = Outcome & { readonly folders: readonly string[] }

export class SyncSession implements Disposable {
  readonly #options: SessionOptions
  #progress: ProgressReport | undefined
  #silent: boolean

  constructor(options: SessionOptions) {
    this.#options = options
    this.#silent = options.silent
    options.interrupt.first.addEventListener('abort', () =>
      this.note(
        options.flags.detach === true
          ? 'No more uploads. The daemon goes on with what it has.'
          : 'Stopping; Ctrl-C again stops at once.',
      ),
    )
  }

  async source(place: NewSource, collection: string): Promise<SourceOutcome> {
    let found: Omit<Expansion, 'files'> = { failed: [], skipped: [], complete: false, folders: [] }
    const read = async (held: HeldSource | undefined) => {
      const content = await readSource(place, held, this.#options.read)
      found = content
      this.#begin(content.files.length, content)
      if (!content.complete) this.#noteIncomplete(place, held)
      return content
    }
    const options = { ...this.#common(collection), place, read }
    const outcome = this.#options.flags['dry-run']
      ? await preview(options)
      : await syncSource({ ...options, onResult: (result) => this.#tell(result) })
    const { failed, skipped, folders } = found
    const results = [...outcome.results].sort((one, other) => (one.uri < other.uri ? -1 : 1))
    return { failed, skipped, folders, results, stopped: outcome.stopped }
  }

  async files(found: Expansion, collection: string): Promise<Outcome> {
    this.#begin(found.files.length, found)
    const { failed, skipped } = found
    if (this.#options.flags['dry-run']) {
      return { failed, skipped, ...(await preview({ ...this.#common(collection), read: async () => found })) }
    }
    const onResult = (result: SyncResult) => this.#tell(result)
    const run = await ingestFiles({ ...this.#common(collection), files: found.files, onResult })
    return { failed, skipped, results: run.results, stopped: run.stopped }
  }

  /** A line for people, above the bar. */
  note(line: string): void {
    if (this.#silent) return
    if (this.#progress === undefined) process.stderr.write(`${line}\n`)
    else this.#progress.note(line)
  }

  /** No progress and no lines for people from now on. */
  silence(): void {
    this.#silent = true
  }

  [Symbol.dispose](): void {
    this.#progress?.[Symbol.dispose]()
    this.#progress = undefined
  }

  #common(collection: string) {
    const { api, flags, interrupt, password, maxFileBytes, hash } = this.#options
    const prune = flags.prune ? (this.#options.prune ?? this.#confirmed.bind(this)) : undefined
    return {
      api,
      collection,
      password,
      jobs: flags.jobs,
      detach: flags.detach,
      onProgress: (job: JobStatus) => this.#progress?.show(job),
      maxFileBytes,
      stop: interrupt.first,
      abort: interrupt.second,
      hash,
      prune,
    }
  }

  #begin(files: number, { failed, skipped }: Pick<Expansion, 'failed' | 'skipped'>): void {
    this[Symbol.dispose]()
    if (!this.#silent) this.#progress = new ProgressReport(files, 'file')
    for (const failure of failed) {
      this.note(failureLine(failure))
      this.#line({ ...failure, status: 'failed' })
    }
    if (this.#options.flags.verbose) for (const file of skipped) this.note(skippedLine(file))
  }

  #noteIncomplete({ location }: NewSource, held: HeldSource | undefined): void {
    if (!this.#options.flags.prune || held === undefined || held.documents.size === 0) return
    this.note(
      printableLine(`${location} could not be read whole: no document counts as gone, and none is deleted.`),
    )
  }

  #tell(result: SyncResult): void {
    this.#line(reported(result))
    const name = printableLine(displayUri(result.uri, process.cwd()))
    switch (result.status) {
      case 'failed':
        this.note(failureLine({ ...result, path: result.uri }))
        break
      case 'moved':
        if (this.#options.flags.verbose)
          this.note(`${printableLine(displayUri(result.from, process.cwd()))} → ${name}: moved`)
        return
      case 'removed':
      case 'left':
        if (this.#options.flags.verbose)
          this.note(`${name}: ${result.status === 'left' ? 'left' : 'deleted'}`)
        return
      case 'indexed':
      case 'staged':
      case 'unchanged':
        if (this.#options.flags.verbose) this.note(`${name}: ${result.status}`)
    }
    if (result.status === 'indexed') {
      for (const warning of result.warnings) this.note(`${name}: note: ${printableLine(warning)}`)
    }
    this.#progress?.add()
  }

  #line(file: object): void {
    if (this.#options.flags.ndjson) process.stdout.write(`${escapedJson({ type: 'file', ...file })}\n`)
  }

  /** All that left, once more than half of a source is confirmed. */
  async #confirmed(left: readonly string[], held: number): Promise<readonly string[]> {
    const { flags } = this.#options
    if (left.length * 2 > held && !flags['dry-run']) {
      this[Symbol.dispose]()
      await confirm(
        `${count(left.length, 'document')} of ${held} left the source; --prune deletes them.`,
        flags.yes,
      )
    }
    return left
  }
}

async function preview(
  options: Parameters<typeof previewSync>[0],
): Promise<Pick<Outcome, 'results' | 'stopped'>> {
  let results: readonly PreviewedChange[]
  try {
    results = await previewSync(options)
  } catch (error) {
    return { results: [], stopped: ChatbotError.wrap(error) }
  }
  return { results, stopped: undefined }
}

/** What `--dry-run` lists on stdout. */
export const changeLines = (outcomes: readonly Outcome[]): string[] =>
  outcomes.flatMap(({ results }) => results.flatMap((result) => changeLine(reported(result)) ?? []))

const skippedLine = ({ path, reason }: SkippedFile) =>
  printableLine(`${displayUri(path, process.cwd())}: skipped, ${reason}`)

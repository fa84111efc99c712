/** `ingest --watch`: brings a collection in step with folders again whenever something changed in them. */
import { statSync } from 'node:fs'
import { pause } from '../../src/client/pause.ts'
import { rememberingHash } from '../../src/client/sync/stat-cache.ts'
import { FolderWatch } from '../../src/client/sync/watch.ts'
import { backoffMs } from '../../src/domain/backoff.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import { escapedJson } from '../../src/domain/escaped-json.ts'
import { printable, printableLine } from '../../src/domain/printable.ts'
import type { NewSource } from '../../src/domain/source.ts'
import { batchLine, type IngestReport, reportOf } from './ingest-report.ts'
import { type SessionOptions, type SourceOutcome, SyncSession } from './sync-session.ts'

export interface WatchOptions {
  readonly sources: readonly NewSource[]
  readonly collection: string
  /** Seconds. */
  readonly poll: number | undefined
  readonly stop: AbortSignal
  /** With a connection to the daemon, which is started when it does not run. */
  readonly session: () => Promise<SessionOptions>
}

/** A file that vanished may be on its way back: editors save by renaming. */
const RECHECK_MS = 1000
/** Between passes that the daemon could not serve. */
const PAUSES = { firstMs: 1000, longestMs: 30_000 }

/** Until it is told to stop: undefined. What ends it earlier is returned. */
export async function watchSources(options: WatchOptions): Promise<ChatbotError | undefined> {
  const { sources, poll, stop } = options
  const passes = new Passes(options)
  const watch = new FolderWatch({
    onBlind: (folder, code) => passes.note(`${printableLine(folder)} cannot be watched${limitHint(code)}`),
  })
  try {
    for (let failures = 0; !stop.aborted; ) {
      const { folders, stopped, unsure } = await passes.next()
      if (stop.aborted) break
      if (stopped !== undefined) {
        if (stopped.transient === undefined) return stopped
        if (failures === 0) passes.note(`${printable(stopped.fullMessage)} Trying again.`)
        failures += 1
        await pause(backoffMs(failures, PAUSES), stop)
        continue
      }
      failures = 0
      const fresh = watch.follow(folders)
      passes.begun(sources)
      await watch.settled(stop, fresh || unsure ? RECHECK_MS : poll === undefined ? undefined : poll * 1000)
    }
    return undefined
  } finally {
    watch[Symbol.dispose]()
    passes[Symbol.dispose]()
  }
}

interface Pass {
  readonly folders: readonly string[]
  readonly stopped: ChatbotError | undefined
  /** Something left its source: the next pass decides whether it is gone. */
  readonly unsure: boolean
}

/** One pass after the other over all sources, each with what the last one saw. */
class Passes implements Disposable {
  readonly #options: WatchOptions
  readonly #hash = rememberingHash()
  readonly #devices = new Map<string, number | undefined>()
  #session: SyncSession | undefined
  #ndjson = false
  #silent = false
  #announced = false
  #missing: ReadonlySet<string> = new Set()
  #stillMissing = new Set<string>()
  #known = new Map<string, string>()

  constructor(options: WatchOptions) {
    this.#options = options
    for (const { location } of options.sources) this.#devices.set(location, deviceOf(location))
  }

  async next(): Promise<Pass> {
    const { sources, collection } = this.#options
    const started = performance.now()
    const outcomes: SourceOutcome[] = []
    try {
      this.#session ??= await this.#open()
      this.#stillMissing = new Set()
      for (const source of sources) {
        outcomes.push(await this.#session.source(source, collection))
        if (outcomes.at(-1)?.stopped !== undefined) break
      }
    } catch (error) {
      return { folders: [], stopped: ChatbotError.wrap(error), unsure: false }
    }
    this.#session[Symbol.dispose]()
    this.#missing = this.#stillMissing
    this.#tell(reportOf(collection, outcomes, performance.now() - started))
    const stopped = outcomes.at(-1)?.stopped
    if (stopped !== undefined) this[Symbol.dispose]()
    return { folders: outcomes.flatMap(({ folders }) => folders), stopped, unsure: this.#missing.size > 0 }
  }

  note(line: string): void {
    if (!this.#silent) process.stderr.write(`${line}\n`)
  }

  begun(sources: readonly NewSource[]): void {
    if (this.#announced) return
    this.#announced = true
    // What is listed from now on is what changed: a pass over unchanged files says nothing.
    this.#session?.silence()
    this.note(`Watching ${sources.map(({ location }) => printableLine(location)).join(', ')}; Ctrl-C ends.`)
  }

  [Symbol.dispose](): void {
    this.#session?.[Symbol.dispose]()
    this.#session = undefined
  }

  async #open(): Promise<SyncSession> {
    const options = await this.#options.session()
    this.#ndjson = options.flags.ndjson
    this.#silent = options.silent
    return new SyncSession({
      ...options,
      silent: options.silent || this.#announced,
      flags: { ...options.flags, prune: true },
      hash: this.#hash,
      prune: async (left) => this.#gone(left),
    })
  }

  /** Those that were missing in the last pass too, and not because a disk was unmounted. */
  #gone(left: readonly string[]): readonly string[] {
    const mounted = [...this.#devices].every(([location, device]) => deviceOf(location) === device)
    if (!mounted) return []
    const gone = left.filter((uri) => this.#missing.has(uri))
    for (const uri of left) if (!this.#missing.has(uri)) this.#stillMissing.add(uri)
    return gone
  }

  /** Failures are told once, until they change. */
  #tell(report: IngestReport): void {
    const failures = report.files.filter(({ status }) => status === 'failed')
    const fresh = failures.filter(({ path, reason = '' }) => this.#known.get(path) !== reason)
    this.#known = new Map(failures.map(({ path, reason = '' }) => [path, reason]))
    const news = { ...report, totals: { ...report.totals, failed: fresh.length } }
    const line = batchLine(news)
    if (line === undefined) return
    if (this.#ndjson) {
      const { files: _, ...totals } = news
      process.stdout.write(`${escapedJson({ type: 'report', ...totals })}\n`)
      return
    }
    if (this.#announced) {
      for (const { path, code, reason } of fresh) this.note(printableLine(`${path}: ${code}: ${reason}`))
    }
    process.stdout.write(`${line}\n`)
  }
}

const deviceOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.dev

const limitHint = (code: string) =>
  code === 'ENOSPC'
    ? ': the system allows no more watchers (fs.inotify.max_user_watches). Raise it, or add --poll 30.'
    : ` (${code}). Add --poll 30 to look every so often.`

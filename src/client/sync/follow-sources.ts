/** Syncs a collection with folders again on every change. */
import { statSync } from 'node:fs'
import { backoffMs } from '../../domain/backoff.ts'
import { ChatbotError } from '../../domain/errors.ts'
import type { NewSource } from '../../domain/source.ts'
import { rememberingHash } from '../files/stat-cache.ts'
import { FolderWatch, type FolderWatchOptions } from '../files/watch.ts'
import { pause } from '../pause.ts'
import { type IngestReport, syncReportOf } from './report.ts'
import { type SourceOutcome, type SyncSession, syncPlace } from './session.ts'

export interface FollowSourcesOptions {
  readonly sources: readonly NewSource[]
  readonly collection: string
  /** Polls at this interval too, in case the system misses events. */
  readonly pollMs: number | undefined
  readonly stop: AbortSignal
  /** Runs with a connection to the daemon, and starts the daemon if necessary. */
  readonly session: () => Promise<SyncSession>
  readonly onPass: (report: IngestReport) => void
  /** Called after the first complete pass: from then on only changes are reported. */
  readonly onFollowing: () => void
  /** Called once per problem; passes are retried until they succeed. */
  readonly onTrouble: (error: ChatbotError) => void
  readonly onBlind: FolderWatchOptions['onBlind']
}

/** A missing file may come back: editors save by renaming. */
const RECHECK_MS = 1000
/** Pauses between passes that failed for a transient reason. */
const PAUSES = { firstMs: 1000, longestMs: 30_000 }

/** Runs until stopped, then returns undefined; otherwise returns the error that ended it. */
export async function followSources(options: FollowSourcesOptions): Promise<ChatbotError | undefined> {
  const { pollMs, stop, onFollowing, onTrouble, onBlind } = options
  const passes = new Passes(options)
  const watch = new FolderWatch({ onBlind })
  let following = false
  try {
    for (let failures = 0; !stop.aborted; ) {
      const { folders, stopped, unsure } = await passes.next()
      if (stop.aborted) break
      if (stopped !== undefined) {
        if (stopped.transient === undefined) return stopped
        if (failures === 0) onTrouble(stopped)
        failures += 1
        await pause(backoffMs(failures, PAUSES), stop)
        continue
      }
      failures = 0
      const fresh = watch.follow(folders)
      if (!following) onFollowing()
      following = true
      await watch.settled(stop, fresh || unsure ? RECHECK_MS : pollMs)
    }
    return undefined
  } finally {
    watch[Symbol.dispose]()
  }
}

interface Pass {
  readonly folders: readonly string[]
  readonly stopped: ChatbotError | undefined
  /** A file left its source: the next pass decides whether it is gone. */
  readonly unsure: boolean
}

/** Passes over all sources, each with the state of the previous one. */
class Passes {
  readonly #options: FollowSourcesOptions
  readonly #hash = rememberingHash()
  readonly #devices = new Map<string, number | undefined>()
  #session: SyncSession | undefined
  #missing: ReadonlySet<string> = new Set()
  #stillMissing = new Set<string>()

  constructor(options: FollowSourcesOptions) {
    this.#options = options
    for (const { location } of options.sources) this.#devices.set(location, deviceOf(location))
  }

  async next(): Promise<Pass> {
    const { sources, collection, onPass } = this.#options
    const started = performance.now()
    const outcomes: SourceOutcome[] = []
    try {
      this.#session ??= await this.#open()
      this.#stillMissing = new Set()
      for (const source of sources) {
        outcomes.push(await syncPlace(this.#session, source, collection))
        if (outcomes.at(-1)?.stopped !== undefined) break
      }
    } catch (error) {
      return { folders: [], stopped: ChatbotError.wrap(error), unsure: false }
    }
    this.#missing = this.#stillMissing
    onPass(syncReportOf(collection, outcomes, performance.now() - started))
    const stopped = outcomes.at(-1)?.stopped
    if (stopped !== undefined) this.#session = undefined
    return { folders: outcomes.flatMap(({ folders }) => folders), stopped, unsure: this.#missing.size > 0 }
  }

  async #open(): Promise<SyncSession> {
    const session = await this.#options.session()
    return { ...session, hash: this.#hash, prune: async (left) => this.#gone(left) }
  }

  /** Files that were missing in the previous pass too, unless a disk was unmounted. */
  #gone(left: readonly string[]): readonly string[] {
    const mounted = [...this.#devices].every(([location, device]) => deviceOf(location) === device)
    if (!mounted) return []
    const gone = left.filter((uri) => this.#missing.has(uri))
    for (const uri of left) if (!this.#missing.has(uri)) this.#stillMissing.add(uri)
    return gone
  }
}

const deviceOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.dev

/** Brings a collection in step with folders again whenever something changed in them. */
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
  /** Looks so often too, whatever the system announces. */
  readonly pollMs: number | undefined
  readonly stop: AbortSignal
  /** With a connection to the daemon, which is started when it does not run. */
  readonly session: () => Promise<SyncSession>
  readonly onPass: (report: IngestReport) => void
  /** All is in step for the first time: from now on there is news only of what changes. */
  readonly onFollowing: () => void
  /** It is tried again until it works; told once. */
  readonly onTrouble: (error: ChatbotError) => void
  readonly onBlind: FolderWatchOptions['onBlind']
}

/** A file that vanished may be on its way back: editors save by renaming. */
const RECHECK_MS = 1000
/** Between passes that failed for now. */
const PAUSES = { firstMs: 1000, longestMs: 30_000 }

/** Until it is told to stop: undefined. What ends it earlier is returned. */
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
  /** Something left its source: the next pass decides whether it is gone. */
  readonly unsure: boolean
}

/** One pass after the other over all sources, each with what the last one saw. */
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

  /** Those that were missing in the last pass too, and not because a disk was unmounted. */
  #gone(left: readonly string[]): readonly string[] {
    const mounted = [...this.#devices].every(([location, device]) => deviceOf(location) === device)
    if (!mounted) return []
    const gone = left.filter((uri) => this.#missing.has(uri))
    for (const uri of left) if (!this.#missing.has(uri)) this.#stillMissing.add(uri)
    return gone
  }
}

const deviceOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.dev

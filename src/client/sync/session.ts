/** One run of `ingest` or `sources sync`: reads, compares and uploads each place, and reports every file. */
import { ChatbotError } from '../../domain/errors.ts'
import type { NewSource } from '../../domain/source.ts'
import type { Expansion } from '../files/expand.ts'
import { ingestFiles } from './ingest.ts'
import { type ReadSourceOptions, readSource } from './read-source.ts'
import type { SyncOutcome } from './report.ts'
import type { JobStatus } from './run.ts'
import {
  type HeldSource,
  type PreviewedChange,
  previewSync,
  type SyncOptions,
  type SyncResult,
  syncSource,
} from './sync.ts'

/** Receives progress during a run. */
export interface SyncListener {
  /** A place was read; work on its files starts. */
  readonly onFound: (found: Expansion) => void
  /** A place could not be read completely; `documents` is how many are held from it. */
  readonly onIncomplete: (place: NewSource, documents: number) => void
  readonly onResult: (result: SyncResult) => void
  /** Reports the daemon's progress, a few times a second. */
  readonly onProgress: (job: JobStatus) => void
}

export interface SyncSession
  extends Pick<
    SyncOptions,
    'api' | 'jobs' | 'detach' | 'password' | 'maxFileBytes' | 'hash' | 'prune' | 'stop' | 'abort'
  > {
  readonly read: ReadSourceOptions
  /** Only report what would be done. */
  readonly dryRun: boolean
  readonly listener: SyncListener
}

export type SourceOutcome = SyncOutcome & { readonly folders: readonly string[] }

/** Never rejects: an early end is in `stopped`. */
export async function syncPlace(
  session: SyncSession,
  place: NewSource,
  collection: string,
): Promise<SourceOutcome> {
  let found: Omit<Expansion, 'files'> = { failed: [], skipped: [], complete: false, folders: [] }
  const read = async (held: HeldSource | undefined) => {
    const content = await readSource(place, held, session.read)
    found = content
    session.listener.onFound(content)
    if (!content.complete) session.listener.onIncomplete(place, held?.documents.size ?? 0)
    return content
  }
  const options = { ...runOptions(session, collection), place, read }
  const outcome = session.dryRun ? await preview(options) : await syncSource(options)
  const { failed, skipped, folders } = found
  const results = [...outcome.results].sort((one, other) => (one.uri < other.uri ? -1 : 1))
  return { failed, skipped, folders, results, stopped: outcome.stopped }
}

/** Syncs files without a source. Never rejects: an early end is in `stopped`. */
export async function syncFiles(
  session: SyncSession,
  found: Expansion,
  collection: string,
): Promise<SyncOutcome> {
  session.listener.onFound(found)
  const { files, failed, skipped } = found
  const options = runOptions(session, collection)
  const outcome = session.dryRun
    ? await preview({ ...options, read: async () => found })
    : await ingestFiles({ ...options, files })
  return { failed, skipped, results: outcome.results, stopped: outcome.stopped }
}

const runOptions = ({ listener, read: _, dryRun: __, ...session }: SyncSession, collection: string) => ({
  ...session,
  collection,
  onResult: (result: SyncResult) => listener.onResult(result),
  onProgress: (job: JobStatus) => listener.onProgress(job),
})

async function preview(
  options: Parameters<typeof previewSync>[0],
): Promise<Pick<SyncOutcome, 'results' | 'stopped'>> {
  let results: readonly PreviewedChange[]
  try {
    results = await previewSync(options)
  } catch (error) {
    return { results: [], stopped: ChatbotError.wrap(error) }
  }
  return { results, stopped: undefined }
}

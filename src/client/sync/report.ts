import type { ChatbotError } from '../../domain/errors.ts'
import type { FailedFile, SkippedFile } from '../files/expand.ts'
import type { PreviewedChange, SyncResult } from './sync.ts'

/** The outcome for one source, or for the named files. */
export interface SyncOutcome {
  readonly results: readonly (SyncResult | PreviewedChange)[]
  readonly failed: readonly FailedFile[]
  readonly skipped: readonly SkippedFile[]
  /** The error that ended the run early. */
  readonly stopped: ChatbotError | undefined
}

/** The JSON output of `chatbot ingest`, and per source of `chatbot sources sync`. */
export interface IngestReport {
  readonly collection: string
  /** A preview: nothing was changed. */
  readonly dryRun?: true
  readonly files: readonly IngestedFile[]
  readonly totals: {
    readonly files: number
    /** Added and changed. */
    readonly indexed: number
    readonly added: number
    readonly changed: number
    readonly moved: number
    readonly unchanged: number
    /** Deleted because they left their source. */
    readonly removed: number
    /** Kept although they left their source. */
    readonly left: number
    /** Accepted; the daemon indexes them in the background. */
    readonly staged: number
    readonly failed: number
    readonly skipped: number
    /** Chunks of the newly indexed files. */
    readonly chunks: number
    readonly seconds: number
  }
  /** The unfinished job that indexes the uploads. */
  readonly job?: string
  readonly stopped?: { readonly code: string; readonly message: string }
}

export interface IngestedFile {
  readonly path: string
  readonly status: SyncResult['status']
  readonly change?: 'added' | 'changed'
  /** Its name before it moved. */
  readonly from?: string
  readonly job?: string
  readonly document?: string
  readonly chunks?: number
  readonly warnings?: readonly string[]
  readonly code?: string
  readonly reason?: string
}

export function syncReportOf(
  collection: string,
  outcomes: readonly SyncOutcome[],
  elapsedMs: number,
  dryRun = false,
): IngestReport {
  const files = filesOf(outcomes)
  const having = (fits: (file: IngestedFile) => boolean) => files.filter(fits).length
  const job = files.findLast((file) => file.job !== undefined)?.job
  const stopped = outcomes.find((outcome) => outcome.stopped !== undefined)?.stopped
  return {
    collection,
    dryRun: dryRun || undefined,
    files,
    totals: {
      files: files.length,
      indexed: having(({ status }) => status === 'indexed'),
      added: having(({ change }) => change === 'added'),
      changed: having(({ change }) => change === 'changed'),
      moved: having(({ status }) => status === 'moved'),
      unchanged: having(({ status }) => status === 'unchanged'),
      removed: having(({ status }) => status === 'removed'),
      left: having(({ status }) => status === 'left'),
      staged: having(({ status }) => status === 'staged'),
      failed: having(({ status }) => status === 'failed'),
      skipped: outcomes.reduce((sum, { skipped }) => sum + skipped.length, 0),
      chunks: files.reduce((sum, { chunks = 0 }) => sum + chunks, 0),
      seconds: Math.round(elapsedMs / 100) / 10,
    },
    job,
    stopped: stopped?.inFull(),
  }
}

/** Each file once, even if several places contain it; a change counts more than `unchanged`. */
function filesOf(outcomes: readonly SyncOutcome[]): IngestedFile[] {
  const files = new Map<string, IngestedFile>()
  for (const { results, failed } of outcomes) {
    const unreadable = failed.map(
      ({ path, code, reason }): IngestedFile => ({ path, status: 'failed', code, reason }),
    )
    for (const file of [...results.map(reported), ...unreadable]) {
      const known = files.get(file.path)
      if (known === undefined || (known.status === 'unchanged' && file.status !== 'left')) {
        files.set(file.path, file)
      }
    }
  }
  return [...files.values()]
}

export function reported(result: SyncResult | PreviewedChange): IngestedFile {
  const { uri, ...rest } = result
  if ('path' in rest) {
    const { path: _, ...known } = rest
    return { path: uri, ...known }
  }
  return { path: uri, ...rest }
}

import type { FailedFile, SkippedFile } from '../../src/client/sync/files.ts'
import type { PreviewedChange, SyncResult } from '../../src/client/sync/sync.ts'
import { displayUri } from '../../src/client/sync/uri.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import { printableLine } from '../../src/domain/printable.ts'
import { count, duration } from './format.ts'

/** What became of one source, or of the files that were named. */
export interface Outcome {
  readonly results: readonly (SyncResult | PreviewedChange)[]
  readonly failed: readonly FailedFile[]
  readonly skipped: readonly SkippedFile[]
  /** What ended the run before everything was done. */
  readonly stopped: ChatbotError | undefined
}

/** The JSON document of `chatbot ingest`, and for each source that of `chatbot sources sync`. */
export interface IngestReport {
  readonly collection: string
  /** Nothing was done: this is what would be. */
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
    /** Deleted, because they left their source. */
    readonly removed: number
    /** Kept, though they left their source. */
    readonly left: number
    /** Accepted; the daemon indexes them. */
    readonly staged: number
    readonly failed: number
    readonly skipped: number
    /** Chunks of the files that were indexed now. */
    readonly chunks: number
    readonly seconds: number
  }
  /** The job that indexes what was uploaded and is not done. */
  readonly job?: string
  readonly stopped?: { readonly code: string; readonly message: string }
}

export interface IngestedFile {
  readonly path: string
  readonly status: SyncResult['status']
  readonly change?: 'added' | 'changed'
  /** What it was called before it moved. */
  readonly from?: string
  readonly job?: string
  readonly document?: string
  readonly chunks?: number
  readonly warnings?: readonly string[]
  readonly code?: string
  readonly reason?: string
}

export function reportOf(
  collection: string,
  outcomes: readonly Outcome[],
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

/** Each once, however many places it was found in: what was done to it counts more than that it was seen again. */
function filesOf(outcomes: readonly Outcome[]): IngestedFile[] {
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

/** 0 when all is well, 8 when some files failed, 1 when all did, else what stopped the run. */
export function exitCodeOf(reports: readonly IngestReport[], stopped: ChatbotError | undefined): number {
  if (stopped !== undefined) return stopped.exitCode
  const sum = (of: 'failed' | 'files') => reports.reduce((total, { totals }) => total + totals[of], 0)
  if (sum('failed') === 0) return 0
  return new ChatbotError(sum('failed') === sum('files') ? 'internal' : 'partial', '').exitCode
}

/** What a person wants to know at the end. */
export function summary({ collection, totals, dryRun, job, stopped }: IngestReport): string {
  const { indexed, unchanged, moved, removed, left, staged, failed, skipped, seconds } = totals
  const notes = `${skippedNote(skipped)}${dryRun === true ? '' : leftNote(left)}`
  if (
    stopped === undefined &&
    indexed + moved + removed + staged + failed + (dryRun === true ? left : 0) === 0
  ) {
    return `Nothing to do: ${unchanged === 1 ? 'the file is' : `all ${count(unchanged, 'file')} are`} unchanged in ${collection}${notes}.`
  }
  if (dryRun === true) {
    const kept = left > 0 ? [`${left} left (--prune deletes them)`] : []
    return `Would be in ${collection}: ${[...changes(totals), ...kept].join(', ')}${notes}. Nothing was changed.`
  }
  const text = `${finished(totals).join(', ') || 'Nothing done'} in ${collection} after ${duration(seconds * 1000)}${notes}.`
  if (job !== undefined) {
    return `${text} The daemon goes on with what it has: chatbot jobs show ${job.slice(0, 8)} --follow`
  }
  return stopped === undefined ? text : `${text} What is done stays done: the same command goes on from here.`
}

/** One line about one batch of changes, for `--watch`; undefined when there were none. */
export function batchLine({ collection, totals }: IngestReport): string | undefined {
  const { added, changed, moved, removed, failed, seconds } = totals
  if (added + changed + moved + removed + failed === 0) return undefined
  const at = new Date().toTimeString().slice(0, 8)
  return `${at}  ${changes({ ...totals, unchanged: 0 }).join(', ')} in ${collection} (${duration(seconds * 1000)})`
}

/** `3 files indexed (40 chunks; 2 added, 1 changed)`, then the rest. */
function finished(totals: IngestReport['totals']): string[] {
  const { indexed, added, changed, chunks } = totals
  const kinds = changed > 0 ? `; ${added} added, ${changed} changed` : ''
  const first = indexed > 0 ? [`${count(indexed, 'file')} indexed (${count(chunks, 'chunk')}${kinds})`] : []
  return [...first, ...changes({ ...totals, added: 0, changed: 0 })]
}

function changes({ added, changed, moved, unchanged, removed, failed }: IngestReport['totals']): string[] {
  const parts = { added, changed, moved, unchanged, deleted: removed, failed }
  return Object.entries(parts).flatMap(([name, number]) =>
    number === 0 ? [] : [`${number.toLocaleString('en-US')} ${name}`],
  )
}

const skippedNote = (skipped: number) => (skipped === 0 ? '' : `; ${skipped} skipped (--verbose lists them)`)

const leftNote = (left: number) =>
  left === 0 ? '' : `; ${count(left, 'document')} left the source and stayed (--prune deletes them)`

/** `+ docs/a.md`, as `--dry-run` lists them; undefined for what would not change. */
export function changeLine({ path, status, change, from }: IngestedFile): string | undefined {
  const name = (uri: string) => printableLine(displayUri(uri, process.cwd()))
  switch (status) {
    case 'indexed':
      return `${change === 'changed' ? '~' : '+'} ${name(path)}`
    case 'moved':
      return `> ${name(from ?? '')} → ${name(path)}`
    case 'removed':
      return `- ${name(path)}`
    default:
      return undefined
  }
}

/** `docs/a.pdf: unsupported_format: …`. */
export function failureLine({ path, code, reason }: FailedFile): string {
  return printableLine(`${displayUri(path, process.cwd())}: ${code}: ${reason}`)
}

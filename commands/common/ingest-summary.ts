/** Summaries of the reports of `ingest` and `sources sync`. */
import type { FailedFile, SkippedFile } from '../../src/client/files/expand.ts'
import {
  type IngestedFile,
  type IngestReport,
  reported,
  type SyncOutcome,
} from '../../src/client/sync/report.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import { printableLine } from '../../src/domain/printable.ts'
import { displayUri } from '../../src/terminal/place.ts'
import { count, duration } from '../../src/text/amounts.ts'

/** 0 if all is well, 8 if some files failed, 1 if all did, otherwise the status of the error that ended the run. */
export function exitCodeOf(reports: readonly IngestReport[], stopped: ChatbotError | undefined): number {
  if (stopped !== undefined) return stopped.exitCode
  const sum = (of: 'failed' | 'files') => reports.reduce((total, { totals }) => total + totals[of], 0)
  if (sum('failed') === 0) return 0
  return new ChatbotError(sum('failed') === sum('files') ? 'internal' : 'partial', '').exitCode
}

/** The closing summary for people. */
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
    return `${text} The daemon continues with the accepted files: chatbot jobs show ${job.slice(0, 8)} --follow`
  }
  return stopped === undefined ? text : `${text} Finished work is kept: run the same command to continue.`
}

/** One line per batch of changes, for `--watch`; undefined if there were none. */
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

/** The list of `--dry-run`, on stdout. */
export const changeLines = (outcomes: readonly SyncOutcome[]): string[] =>
  outcomes.flatMap(({ results }) => results.flatMap((result) => changeLine(reported(result)) ?? []))

/** `+ docs/a.md`; undefined if nothing would change. */
function changeLine({ path, status, change, from }: IngestedFile): string | undefined {
  switch (status) {
    case 'indexed':
      return `${change === 'changed' ? '~' : '+'} ${nameOf(path)}`
    case 'moved':
      return `> ${nameOf(from ?? '')} → ${nameOf(path)}`
    case 'removed':
      return `- ${nameOf(path)}`
    default:
      return undefined
  }
}

/** `docs/a.pdf: unsupported_format: …`. */
export function failureLine({ path, code, reason }: FailedFile): string {
  return printableLine(`${displayUri(path, process.cwd())}: ${code}: ${reason}`)
}

export const skippedLine = ({ path, reason }: SkippedFile): string => `${nameOf(path)}: skipped, ${reason}`

/** A document's name as its reader would type it; safe to print. */
export const nameOf = (uri: string): string => printableLine(displayUri(uri, process.cwd()))

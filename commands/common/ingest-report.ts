import type { Expansion, FailedFile } from '../../src/client/files.ts'
import type { FileResult, IngestRun } from '../../src/client/ingest.ts'
import { displayUri } from '../../src/client/uri.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import { printableLine } from '../../src/domain/printable.ts'
import { count, duration } from './format.ts'

/** The JSON document of `chatbot ingest`. */
export interface IngestReport {
  readonly collection: string
  readonly files: readonly IngestedFile[]
  readonly totals: {
    readonly files: number
    readonly indexed: number
    readonly unchanged: number
    readonly removed: number
    readonly failed: number
    readonly skipped: number
    /** Chunks of the files that were indexed now. */
    readonly chunks: number
    readonly seconds: number
  }
  /** What ended the run before all files were done. */
  readonly stopped?: { readonly code: string; readonly message: string }
}

interface IngestedFile {
  readonly path: string
  readonly status: 'indexed' | 'unchanged' | 'removed' | 'failed'
  readonly document?: string
  readonly chunks?: number
  readonly warnings?: readonly string[]
  readonly code?: string
  readonly reason?: string
}

export function reportOf(
  collection: string,
  { failed, skipped }: Expansion,
  { results, stopped }: IngestRun,
  elapsedMs: number,
): IngestReport {
  const unreadable = failed.map(
    ({ path, code, reason }): IngestedFile => ({ path, status: 'failed', code, reason }),
  )
  const files = [...results.map(({ uri, path: _, ...rest }) => ({ path: uri, ...rest })), ...unreadable]
  const having = (status: IngestedFile['status']) => files.filter((file) => file.status === status).length
  return {
    collection,
    files,
    totals: {
      files: files.length,
      indexed: having('indexed'),
      unchanged: having('unchanged'),
      removed: having('removed'),
      failed: having('failed'),
      skipped: skipped.length,
      chunks: results.reduce((sum, result) => sum + (result.status === 'indexed' ? result.chunks : 0), 0),
      seconds: Math.round(elapsedMs / 100) / 10,
    },
    ...(stopped === undefined ? {} : { stopped: stopped.toJSON() }),
  }
}

/** 0 when all is well, 8 when some files failed, 1 when all did, else what stopped the run. */
export function exitCodeOf({ totals }: IngestReport, stopped: ChatbotError | undefined): number {
  if (stopped !== undefined) return stopped.exitCode
  if (totals.failed === 0) return 0
  return new ChatbotError(totals.failed === totals.files ? 'internal' : 'partial', '').exitCode
}

/** What a person wants to know at the end. */
export function summary({ collection, totals, stopped }: IngestReport): string {
  const { indexed, unchanged, failed, skipped, chunks, seconds } = totals
  if (stopped === undefined && indexed === 0 && failed === 0) {
    return `Nothing to do: ${unchanged === 1 ? 'the file is' : `all ${count(unchanged, 'file')} are`} unchanged in ${collection}${skippedNote(skipped)}.`
  }
  const parts = [
    `${count(indexed, 'file')} indexed (${count(chunks, 'chunk')})`,
    ...(unchanged > 0 ? [`${unchanged} unchanged`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ]
  const text = `${parts.join(', ')} in ${collection} after ${duration(seconds * 1000)}${skippedNote(skipped)}.`
  return stopped === undefined ? text : `${text} What is done stays done: the same command goes on from here.`
}

const skippedNote = (skipped: number) => (skipped === 0 ? '' : `; ${skipped} skipped (--verbose lists them)`)

/** `docs/a.pdf: unsupported_format: …`. */
export function failureLine({ path, code, reason }: FailedFile): string {
  return printableLine(`${displayUri(path, process.cwd())}: ${code}: ${reason}`)
}

export const failureOf = (result: FileResult): FailedFile | undefined =>
  result.status === 'failed' ? { path: result.uri, code: result.code, reason: result.reason } : undefined

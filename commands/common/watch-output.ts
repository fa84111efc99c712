/** Output of `ingest --watch`. */
import type { FollowSourcesOptions } from '../../src/client/sync/follow-sources.ts'
import type { IngestReport } from '../../src/client/sync/report.ts'
import type { ChatbotError } from '../../src/domain/errors.ts'
import { printable, printableLine } from '../../src/domain/printable.ts'
import type { NewSource } from '../../src/domain/source.ts'
import { batchLine } from './ingest-summary.ts'
import { type SyncOutput, writeTotals } from './sync-output.ts'

interface WatchOutputOptions {
  /** The output of each pass. */
  readonly output: SyncOutput
  readonly sources: readonly NewSource[]
  readonly ndjson: boolean
  /** No lines for people. */
  readonly silent: boolean
}

type Told = Pick<FollowSourcesOptions, 'onPass' | 'onFollowing' | 'onTrouble' | 'onBlind'>

/** One line per change on stdout, everything else on stderr. */
export function watchOutput({ output, sources, ndjson, silent }: WatchOutputOptions): Told {
  let following = false
  /** Reported failures with their reasons. */
  let known = new Map<string, string>()
  const note = (line: string) => {
    if (!silent) process.stderr.write(`${line}\n`)
  }
  return {
    onPass(report: IngestReport) {
      output[Symbol.dispose]()
      const failures = report.files.filter(({ status }) => status === 'failed')
      const fresh = failures.filter(({ path, reason = '' }) => known.get(path) !== reason)
      known = new Map(failures.map(({ path, reason = '' }) => [path, reason]))
      const news = { ...report, totals: { ...report.totals, failed: fresh.length } }
      const line = batchLine(news)
      if (line === undefined) return
      if (ndjson) return writeTotals(news)
      if (following)
        for (const { path, code, reason } of fresh) note(printableLine(`${path}: ${code}: ${reason}`))
      process.stdout.write(`${line}\n`)
    },
    onFollowing() {
      following = true
      // From now on only changes are listed: a pass over unchanged files prints nothing.
      output.silence()
      note(
        `Watching ${sources.map(({ location }) => printableLine(location)).join(', ')}; press Ctrl-C to stop.`,
      )
    },
    onTrouble: (error: ChatbotError) => note(`${printable(error.fullMessage)} Retrying.`),
    onBlind: (folder, code) => note(`${printableLine(folder)} cannot be watched${limitHint(code)}`),
  }
}

const limitHint = (code: string) =>
  code === 'ENOSPC'
    ? ': the system allows no more watchers (fs.inotify.max_user_watches). Raise it, or add --poll 30.'
    : ` (${code}). Add --poll 30 to poll instead.`

/** Flags shared by `ingest` and `sources sync`. */
import { boolean, integer, string } from '@oclif/core/flags'
import type { SyncSession } from '../../src/client/sync/session.ts'
import type { Interrupt } from '../../src/terminal/interrupt.ts'
import { yes } from './flags.ts'
import type { OutputFlags, SyncOutput } from './sync-output.ts'

export const syncFlags = {
  ...yes,
  'dry-run': boolean({ char: 'n', summary: 'Only list what would be added, changed, moved and deleted.' }),
  detach: boolean({
    summary: 'Do not wait for the uploads to be indexed.',
    exclusive: ['dry-run'],
  }),
  jobs: integer({ char: 'j', min: 1, max: 16, default: 4, summary: 'Concurrent uploads.' }),
  ndjson: boolean({
    summary: 'Stream the result of each file, one JSON object per line, and the totals at the end.',
    exclusive: ['json'],
  }),
  'password-file': string({
    helpValue: 'FILE',
    summary: 'Decrypt files with the password in this file.',
  }),
  prune: boolean({
    summary:
      'Delete documents whose files left the source. If that is more than half, it asks first, or needs --yes.',
  }),
  verbose: boolean({ char: 'v', summary: 'List every file, including skipped ones.' }),
}

/** The options of both for each place; `rest` says where to and how places are read. */
export function sessionOf(
  flags: Pick<OutputFlags, 'detach' | 'dry-run' | 'prune'> & { readonly jobs: number },
  { first, second }: Interrupt,
  output: SyncOutput,
  rest: Pick<SyncSession, 'api' | 'read' | 'password' | 'maxFileBytes'>,
): SyncSession {
  return {
    ...rest,
    jobs: flags.jobs,
    detach: flags.detach,
    dryRun: flags['dry-run'],
    prune: flags.prune ? (left, held) => output.prune(left, held) : undefined,
    listener: output,
    stop: first,
    abort: second,
  }
}

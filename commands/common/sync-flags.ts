/** What `ingest` and `sources sync` have in common. */
import { boolean, integer, string } from '@oclif/core/flags'
import type { SyncSession } from '../../src/client/sync/session.ts'
import type { Interrupt } from '../../src/terminal/interrupt.ts'
import { yes } from './flags.ts'
import type { OutputFlags, SyncOutput } from './sync-output.ts'

export const syncFlags = {
  ...yes,
  'dry-run': boolean({ char: 'n', summary: 'Only list what would be added, changed, moved and deleted.' }),
  detach: boolean({
    summary: 'Do not wait for what is uploaded: the daemon indexes it.',
    exclusive: ['dry-run'],
  }),
  jobs: integer({ char: 'j', min: 1, max: 16, default: 4, summary: 'Files at once.' }),
  ndjson: boolean({
    summary:
      'Print what becomes of each file as it happens, one JSON object a line, and the totals at the end.',
    exclusive: ['json'],
  }),
  'password-file': string({
    helpValue: 'FILE',
    summary: 'Opens encrypted files with the password in this file.',
  }),
  prune: boolean({
    summary:
      'Delete the documents whose files left the source. More than half of them only after a question, or with --yes.',
  }),
  verbose: boolean({ char: 'v', summary: 'List every file, also those that are skipped.' }),
}

/** What both do with each place; `rest` is where to, and how places are read. */
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

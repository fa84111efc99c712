/** What `ingest` and `sources sync` have in common. */
import { boolean, integer, string } from '@oclif/core/flags'
import type { ReadSourceOptions } from '../../src/client/sync/read-source.ts'
import type { LoadedConfig } from '../../src/config/load.ts'
import { yes } from './flags.ts'

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

/** How sources are read: the formats that are taken from folders, and what pages of the web are fetched. */
export async function readOptions(
  { config }: LoadedConfig,
  version: string,
  dir: string,
  signal: AbortSignal,
): Promise<ReadSourceOptions> {
  const { LOADERS } = await import('../../src/ingest/loaders/registry.ts')
  const extensions = LOADERS.flatMap((loader) => loader.extensions.map((extension) => `.${extension}`))
  const { maxFileBytes, urlTimeoutMs, allowPrivateUrls } = config.ingest
  return {
    extensions: new Set(extensions),
    web: {
      dir,
      maxBytes: maxFileBytes,
      timeoutMs: urlTimeoutMs,
      allowPrivate: allowPrivateUrls,
      userAgent: `chatbot/${version}`,
      signal,
    },
  }
}

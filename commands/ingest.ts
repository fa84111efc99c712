import { string as stringArgument } from '@oclif/core/args'
import { boolean, integer, string } from '@oclif/core/flags'
import { type Expansion, expandPaths } from '../src/client/files.ts'
import { ingestFiles } from '../src/client/ingest.ts'
import { displayUri } from '../src/client/uri.ts'
import type { LoadedConfig } from '../src/config/load.ts'
import { ChatbotError } from '../src/domain/errors.ts'
import { printable, printableLine } from '../src/domain/printable.ts'
import { checkCollectionName } from './common/collection-name.ts'
import { ChatbotCommand } from './common/command.ts'
import {
  exitCodeOf,
  failureLine,
  failureOf,
  type IngestReport,
  reportOf,
  summary,
} from './common/ingest-report.ts'
import { onInterrupt } from './common/interrupt.ts'
import { readPassword } from './common/password-file.ts'
import { ProgressReport } from './common/progress.ts'
import { stdinFile } from './common/stdin-file.ts'

export default class Ingest extends ChatbotCommand {
  static override summary = 'Add files to a collection, or bring it up to date.'
  static override description = [
    'Files that did not change cost nothing; changed ones are replaced. Of a folder, all files of the supported formats are taken but hidden ones, node_modules and what .gitignore excludes. A file that you name is always tried.',
    'A document is named by the absolute path of its file, so that it makes no difference where you run this. With --root it is named by its path below that folder: the same on every machine.',
    'Exit status 8 when some files failed and 1 when all did; each is listed with its reason. Ctrl-C finishes the files under way, a second one stops at once; running the same command again continues.',
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> <%= command.id %> ./docs',
    '<%= config.bin %> <%= command.id %> README.md "notes/**/*.md" --collection handbook',
    {
      description: 'From another program',
      command: 'pandoc talk.docx -t gfm | <%= config.bin %> <%= command.id %> - --name talk.md',
    },
    { description: 'For scripts', command: '<%= config.bin %> <%= command.id %> ./docs --json | jq .totals' },
  ]
  static override strict = false
  static override args = {
    paths: stringArgument({
      required: true,
      ignoreStdin: true,
      description: 'files, folders and globs; `-` reads one document from stdin',
    }),
  }
  static override flags = {
    collection: string({
      char: 'c',
      helpValue: 'NAME',
      summary: 'The collection; `default` unless configured.',
    }),
    jobs: integer({ char: 'j', min: 1, max: 16, default: 4, summary: 'Files at once.' }),
    name: string({
      helpValue: 'NAME',
      summary: 'What the document from stdin is called; its ending tells the format.',
    }),
    'password-file': string({
      helpValue: 'FILE',
      summary: 'Opens encrypted files with the password in this file.',
    }),
    root: string({ helpValue: 'DIR', summary: 'Name documents by their path below this folder.' }),
    verbose: boolean({ char: 'v', summary: 'List every file, also those that are skipped.' }),
  }

  async run(): Promise<IngestReport> {
    const { argv, flags } = await this.parse(Ingest)
    const inputs = argv.map(String)
    const fromStdin = inputs.includes('-')
    if (fromStdin && flags.name === undefined) {
      throw new ChatbotError(
        'bad_request',
        'What is the document from stdin called? Add --name, for example --name notes.md',
      )
    }
    const loaded = await this.settings(flags)
    const stdin = fromStdin ? this.own(await stdinFile()) : undefined
    const expansion = await this.#expand(
      inputs.filter((input) => input !== '-'),
      flags.root,
    )
    const piped = stdin === undefined ? [] : [{ path: stdin.path, uri: flags.name ?? '' }]
    const found = { ...expansion, files: [...expansion.files, ...piped] }
    if (flags.verbose) this.#listSkipped(found)
    if (found.files.length + found.failed.length === 0) {
      throw new ChatbotError(
        'not_found',
        `No file to ingest there${found.skipped.length === 0 ? '' : `; ${found.skipped.length} were skipped (--verbose lists them)`}.`,
      )
    }
    const collection = checkCollectionName(flags.collection ?? loaded.config.collection)
    const passwordFile = flags['password-file']
    const password = passwordFile === undefined ? undefined : await readPassword(passwordFile)
    return this.#ingest(found, loaded, collection, { ...flags, password })
  }

  async #expand(inputs: readonly string[], root: string | undefined): Promise<Expansion> {
    const { LOADERS } = await import('../src/ingest/format.ts')
    const extensions = new Set(
      LOADERS.flatMap((loader) => loader.extensions.map((extension) => `.${extension}`)),
    )
    const found = await expandPaths(inputs, { cwd: process.cwd(), root, extensions })
    return { files: found.files, failed: found.failed, skipped: found.skipped }
  }

  async #ingest(
    found: Expansion,
    loaded: LoadedConfig,
    collection: string,
    {
      jobs,
      verbose,
      password,
    }: { readonly jobs: number; readonly verbose: boolean; readonly password: string | undefined },
  ): Promise<IngestReport> {
    const started = performance.now()
    const api = await this.api(loaded)
    const interrupt = this.own(onInterrupt())
    const progress = this.jsonEnabled() ? undefined : this.own(new ProgressReport(found.files.length, 'file'))
    for (const failure of found.failed) progress?.note(failureLine(failure))
    interrupt.first.addEventListener('abort', () =>
      progress?.note('Stopping after the files under way; Ctrl-C again stops at once.'),
    )
    const run = await ingestFiles({
      api,
      collection,
      password,
      files: found.files,
      jobs,
      maxFileBytes: loaded.config.ingest.maxFileBytes,
      stop: interrupt.first,
      abort: interrupt.second,
      onResult: (result) => {
        const failure = failureOf(result)
        if (failure !== undefined) progress?.note(failureLine(failure))
        else if (verbose)
          progress?.note(`${displayUri(printableLine(result.uri), process.cwd())}: ${result.status}`)
        if (result.status === 'indexed') {
          for (const warning of result.warnings) {
            progress?.note(printableLine(`${displayUri(result.uri, process.cwd())}: note: ${warning}`))
          }
        }
        progress?.add(result.status === 'indexed' ? result.chunks : 0)
      },
    })
    const report = reportOf(collection, found, run, performance.now() - started)
    process.exitCode = exitCodeOf(report, run.stopped)
    progress?.[Symbol.dispose]()
    if (run.stopped !== undefined) this.talk(printable(run.stopped.message))
    this.log(summary(report))
    return report
  }

  #listSkipped({ skipped }: Expansion): void {
    for (const { path, reason } of skipped) {
      this.talk(printableLine(`${displayUri(path, process.cwd())}: skipped, ${reason}`))
    }
  }
}

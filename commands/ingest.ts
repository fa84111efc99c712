import { resolve } from 'node:path'
import { string as stringArgument } from '@oclif/core/args'
import { boolean, integer, string } from '@oclif/core/flags'
import { type Expansion, expandFiles } from '../src/client/files/expand.ts'
import { type Inputs, inputsOf, type SourceLocation } from '../src/client/files/inputs.ts'
import { readPassword } from '../src/client/files/password-file.ts'
import { tempFolder } from '../src/client/files/temp-folder.ts'
import { followSources } from '../src/client/sync/follow-sources.ts'
import { machineOf, readSourceOptions } from '../src/client/sync/read-source.ts'
import { type IngestReport, type SyncOutcome, syncReportOf } from '../src/client/sync/report.ts'
import { type SyncSession, syncFiles, syncPlace } from '../src/client/sync/session.ts'
import { checkCollectionName } from '../src/domain/document.ts'
import { ChatbotError } from '../src/domain/errors.ts'
import { printable } from '../src/domain/printable.ts'
import type { NewSource, SourceOptions } from '../src/domain/source.ts'
import { onInterrupt } from '../src/terminal/interrupt.ts'
import { stdinFile } from '../src/terminal/stdin.ts'
import { ChatbotCommand } from './common/command.ts'
import { changeLines, exitCodeOf, summary } from './common/ingest-summary.ts'
import { sessionOf, syncFlags } from './common/sync-flags.ts'
import { SyncOutput, writeTotals } from './common/sync-output.ts'
import { watchOutput } from './common/watch-output.ts'

export default class Ingest extends ChatbotCommand {
  static override summary = 'Add files, folders and web pages to a collection, or sync it with them.'
  static override description = [
    'Unchanged files are skipped, changed ones replaced, renamed ones renamed. A folder contributes all files of supported formats and other texts, except hidden ones, node_modules and those excluded by .gitignore or .chatbotignore. Files that you name are always tried.',
    'Folders, globs and web pages are remembered: `chatbot sources sync` ingests them again. --prune deletes documents whose files are gone; --watch follows further changes.',
    'A document is named by the absolute path of its file, wherever you run this. With --root it is named by its path below that folder, which is the same on every machine.',
    'Exit status 8 if some files failed and 1 if all did; each is listed with the reason. After Ctrl-C, finished files are kept, and the same command continues. With --detach the daemon indexes the uploads after the command has ended, and you can close the terminal at any time: `chatbot jobs` shows the progress.',
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> <%= command.id %> ./docs',
    '<%= config.bin %> <%= command.id %> README.md "notes/**/*.md" --collection handbook',
    '<%= config.bin %> <%= command.id %> ./docs --exclude drafts/ --prune --dry-run',
    '<%= config.bin %> <%= command.id %> ./docs --watch',
    '<%= config.bin %> <%= command.id %> https://example.com/handbook.html',
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
      description: 'files, folders, globs and web addresses; `-` reads one document from stdin',
    }),
  }
  static override flags = {
    ...syncFlags,
    collection: string({
      char: 'c',
      helpValue: 'NAME',
      summary: 'The collection; default: `default`, or as configured.',
    }),
    exclude: string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'PATTERN',
      summary: 'Exclude matching files in folders and globs; patterns as in .gitignore. Repeatable.',
    }),
    include: string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'PATTERN',
      summary: 'Take only matching files, whatever their extension. Repeatable.',
    }),
    name: string({
      helpValue: 'NAME',
      summary: 'Name of the document from stdin; its extension tells the format.',
    }),
    poll: integer({
      helpValue: 'SECONDS',
      min: 1,
      dependsOn: ['watch'],
      summary: 'Also poll at this interval, for network drives and containers that do not report changes.',
    }),
    root: string({ helpValue: 'DIR', summary: 'Name documents by their path below this folder.' }),
    tracked: boolean({ summary: 'In folders, take only files tracked by Git.' }),
    watch: boolean({
      char: 'w',
      summary: 'Follow the folders until Ctrl-C; documents of deleted files are deleted too.',
      exclusive: ['json', 'dry-run', 'detach'],
    }),
  }

  async run(): Promise<IngestReport | undefined> {
    const { argv, flags } = await this.parse(Ingest)
    const inputs = argv.map(String)
    const { name, root, include, exclude } = flags
    if (inputs.includes('-') && name === undefined) {
      throw new ChatbotError(
        'bad_request',
        'The document from stdin needs a name, for example --name notes.md',
      )
    }
    const places = inputsOf(
      inputs.filter((input) => input !== '-'),
      { cwd: process.cwd(), tracked: flags.tracked },
    )
    if (flags.watch) checkWatched(places, inputs)
    const loaded = await this.settings(flags)
    const collection = checkCollectionName(flags.collection ?? loaded.config.collection)
    const passwordFile = flags['password-file']
    const password = passwordFile === undefined ? undefined : await readPassword(passwordFile)
    const stdin = inputs.includes('-') ? this.own(await stdinFile()) : undefined
    const interrupt = this.own(onInterrupt({ outlive: flags.detach }))
    const { path: dir } = this.own(tempFolder())
    const options = { root: root === undefined ? undefined : resolve(root), include, exclude }
    const read = await readSourceOptions(loaded.config, this.config.version, dir, interrupt.second)
    const files = await expandFiles(places.files, { ...options, extensions: read.extensions })
    const piped = stdin === undefined ? [] : [{ path: stdin.path, uri: name ?? '' }]
    const work = {
      sources: places.sources.map((place) => sourceOf(place, options)),
      files: { ...files, files: [...files.files, ...piped] },
    }
    const { maxFileBytes } = loaded.config.ingest
    const silent = this.jsonEnabled() || flags.ndjson
    const output = this.own(new SyncOutput(flags, { silent, stop: interrupt.first }))
    const session = async () =>
      sessionOf(flags, interrupt, output, { api: await this.api(loaded), read, password, maxFileBytes })
    if (!flags.watch) return this.#once(work, collection, await session(), output, flags)
    const { sources } = work
    const stopped = await followSources({
      sources,
      collection,
      pollMs: flags.poll === undefined ? undefined : flags.poll * 1000,
      stop: interrupt.first,
      session,
      ...watchOutput({ output, sources, silent, ndjson: flags.ndjson }),
    })
    if (stopped !== undefined) throw stopped
    return undefined
  }

  async #once(
    { sources, files }: { readonly sources: readonly NewSource[]; readonly files: Expansion },
    collection: string,
    session: SyncSession,
    output: SyncOutput,
    { ndjson }: { readonly ndjson: boolean },
  ): Promise<IngestReport> {
    const started = performance.now()
    const outcomes: SyncOutcome[] = []
    if (files.files.length + files.failed.length > 0)
      outcomes.push(await syncFiles(session, files, collection))
    for (const source of sources) {
      if (outcomes.at(-1)?.stopped !== undefined) break
      outcomes.push(await syncPlace(session, source, collection))
    }
    output[Symbol.dispose]()
    const report = syncReportOf(collection, outcomes, performance.now() - started, session.dryRun)
    const stopped = outcomes.at(-1)?.stopped
    const { skipped, ...others } = report.totals
    if (stopped === undefined && others.files === 0) {
      throw new ChatbotError(
        'not_found',
        `There are no files to ingest${skipped === 0 ? '' : `; ${skipped} were skipped (--verbose lists them)`}.`,
      )
    }
    process.exitCode = exitCodeOf([report], stopped)
    if (ndjson) writeTotals(report)
    else {
      if (stopped !== undefined) this.talk(printable(stopped.fullMessage))
      if (session.dryRun) for (const line of changeLines(outcomes)) this.log(line)
      this.log(summary(report))
    }
    return report
  }
}

const sourceOf = (place: SourceLocation, { root, include, exclude }: SourceOptions): NewSource => ({
  ...place,
  machine: machineOf(place),
  options: place.kind === 'url' ? {} : { root, include, exclude },
})

function checkWatched({ sources, files }: Inputs, inputs: readonly string[]): void {
  const other = sources.find(({ kind }) => kind !== 'folder' && kind !== 'git')?.location ?? files[0]
  if (other === undefined && !inputs.includes('-')) return
  throw new ChatbotError('bad_request', `--watch follows folders; ${other ?? '-'} is not a folder.`)
}

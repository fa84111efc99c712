import { string } from '@oclif/core/args'
import { ChatbotError } from '../../src/domain/errors.ts'
import { escapedJson } from '../../src/domain/escaped-json.ts'
import { printable, printableLine } from '../../src/domain/printable.ts'
import { ChatbotCommand } from '../common/command.ts'
import { findSource, isHere, type ListedSource } from '../common/find-source.ts'
import { exitCodeOf, type IngestReport, reportOf, summary } from '../common/ingest-report.ts'
import { onInterrupt } from '../common/interrupt.ts'
import { readPassword } from '../common/password-file.ts'
import { readOptions, syncFlags } from '../common/sync-flags.ts'
import { changeLines, SyncSession } from '../common/sync-session.ts'
import { tempFolder } from '../common/temp-folder.ts'

interface SourceReport extends IngestReport {
  readonly source: string
  readonly location: string
}

export default class SourcesSync extends ChatbotCommand {
  static override summary = 'Bring collections in step with the sources they were made from.'
  static override description =
    'Does what `chatbot ingest` did when the source was remembered, with the same patterns and root. Files are read by this command, so only sources of this machine and web pages can be synced here.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> ./docs --prune',
    '<%= config.bin %> <%= command.id %> all --dry-run --prune',
  ]
  static override strict = false
  static override args = {
    sources: string({
      ignoreStdin: true,
      description:
        'paths, addresses, ids or beginnings of ids; `all`, as without any, means all of this machine',
    }),
  }
  static override flags = syncFlags

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(SourcesSync)
    const loaded = await this.settings(flags)
    const passwordFile = flags['password-file']
    const password = passwordFile === undefined ? undefined : await readPassword(passwordFile)
    const api = await this.api(loaded)
    const chosen = this.#choose((await api.call('listSources', {})).sources, argv.map(String))
    const interrupt = this.own(onInterrupt({ outlive: flags.detach }))
    const { path: dir } = this.own(tempFolder())
    const session = this.own(
      new SyncSession({
        api,
        flags,
        interrupt,
        password,
        read: await readOptions(loaded, this.config.version, dir, interrupt.second),
        maxFileBytes: loaded.config.ingest.maxFileBytes,
        silent: this.jsonEnabled() || flags.ndjson,
      }),
    )
    const reports: SourceReport[] = []
    let stopped: ChatbotError | undefined
    for (const { id, collection, kind, location, machine, options } of chosen) {
      const started = performance.now()
      const outcome = await session.source({ kind, location, machine, options }, collection)
      session[Symbol.dispose]()
      const report = reportOf(collection, [outcome], performance.now() - started, flags['dry-run'])
      reports.push({ source: id, location, ...report })
      if (flags.ndjson) {
        const { files: _, ...totals } = report
        process.stdout.write(`${escapedJson({ type: 'report', source: id, location, ...totals })}\n`)
      } else {
        if (flags['dry-run']) for (const line of changeLines([outcome])) this.log(line)
        this.log(`${printableLine(location)}: ${summary(report)}`)
      }
      if (outcome.stopped === undefined) continue
      stopped = outcome.stopped
      if (!flags.ndjson) this.talk(printable(stopped.fullMessage))
      break
    }
    process.exitCode = exitCodeOf(reports, stopped)
    return { sources: reports }
  }

  #choose(sources: readonly ListedSource[], names: readonly string[]): ListedSource[] {
    if (names.some((name) => name !== 'all')) {
      const chosen = names.map((name) => {
        const found = findSource(sources, name)
        if (isHere(found)) return found
        throw new ChatbotError(
          'bad_request',
          `${found.location} lies on ${found.machine}: run \`chatbot sources sync\` there.`,
        )
      })
      return [...new Set(chosen)]
    }
    for (const { location, machine } of sources.filter((source) => !isHere(source))) {
      this.talk(printableLine(`${location} lies on ${machine}: left out. Sync it there.`))
    }
    const here = sources.filter(isHere)
    if (here.length === 0) {
      throw new ChatbotError(
        'not_found',
        'No source of this machine is remembered. Ingest a folder first: chatbot ingest ./docs',
      )
    }
    return here
  }
}

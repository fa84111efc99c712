import { string } from '@oclif/core/args'
import { readPassword } from '../../src/client/files/password-file.ts'
import { tempFolder } from '../../src/client/files/temp-folder.ts'
import { findSource, isHere, type ListedSource } from '../../src/client/sync/find-source.ts'
import { readSourceOptions } from '../../src/client/sync/read-source.ts'
import { type IngestReport, syncReportOf } from '../../src/client/sync/report.ts'
import { syncPlace } from '../../src/client/sync/session.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import { printable, printableLine } from '../../src/domain/printable.ts'
import { onInterrupt } from '../../src/terminal/interrupt.ts'
import { ChatbotCommand } from '../common/command.ts'
import { changeLines, exitCodeOf, summary } from '../common/ingest-summary.ts'
import { sessionOf, syncFlags } from '../common/sync-flags.ts'
import { SyncOutput, writeTotals } from '../common/sync-output.ts'

interface SourceReport extends IngestReport {
  readonly source: string
  readonly location: string
}

export default class SourcesSync extends ChatbotCommand {
  static override summary = 'Sync collections with their sources.'
  static override description =
    'Repeats the `chatbot ingest` of each source, with the same patterns and root. This command reads the files, so it can sync only web pages and sources of this machine.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> ./docs --prune',
    '<%= config.bin %> <%= command.id %> all --dry-run --prune',
  ]
  static override strict = false
  static override args = {
    sources: string({
      ignoreStdin: true,
      description: 'paths, addresses, ids or id prefixes; default: `all` of this machine',
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
    const output = this.own(
      new SyncOutput(flags, { silent: this.jsonEnabled() || flags.ndjson, stop: interrupt.first }),
    )
    const session = sessionOf(flags, interrupt, output, {
      api,
      password,
      read: await readSourceOptions(loaded.config, this.config.version, dir, interrupt.second),
      maxFileBytes: loaded.config.ingest.maxFileBytes,
    })
    const reports: SourceReport[] = []
    let stopped: ChatbotError | undefined
    for (const { id, collection, kind, location, machine, options } of chosen) {
      const started = performance.now()
      const outcome = await syncPlace(session, { kind, location, machine, options }, collection)
      output[Symbol.dispose]()
      const report = syncReportOf(collection, [outcome], performance.now() - started, flags['dry-run'])
      reports.push({ source: id, location, ...report })
      if (flags.ndjson) writeTotals(report, { source: id, location })
      else {
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
          `${found.location} is on ${found.machine}: run \`chatbot sources sync\` there.`,
        )
      })
      return [...new Set(chosen)]
    }
    for (const { location, machine } of sources.filter((source) => !isHere(source))) {
      this.talk(printableLine(`${location} is on ${machine}: skipped. Sync it there.`))
    }
    const here = sources.filter(isHere)
    if (here.length === 0) {
      throw new ChatbotError(
        'not_found',
        'There are no sources of this machine. Ingest a folder first: chatbot ingest ./docs',
      )
    }
    return here
  }
}

/** The base of every `chatbot` command: configuration, the daemon, output, errors and exit statuses. */
import { resolve } from 'node:path'
import { Command } from '@oclif/core/command'
import { CLIError } from '@oclif/core/errors'
import { boolean, string } from '@oclif/core/flags'
import type { Input, ParserOutput } from '@oclif/core/interfaces'
import type { ApiClient } from '../../src/client/api.ts'
import type { ChatClient, DaemonAddress } from '../../src/client/client.ts'
import type { Target, TargetFlags } from '../../src/client/target.ts'
import type { LoadedConfig } from '../../src/config/load.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import { escapedJson } from '../../src/domain/escaped-json.ts'
import { printable } from '../../src/domain/printable.ts'
import { confirm } from '../../src/terminal/confirm.ts'
import { paint, styledText } from '../../src/terminal/style.ts'

/** The words of a command line that may be options: those before `--`. */
export const optionsOf = (argv: readonly string[]): readonly string[] => {
  const end = argv.indexOf('--')
  return end === -1 ? argv : argv.slice(0, end)
}

/**
 * With `--json`, the result of `run` is the only document on stdout, and an error is `{"error": {code, message}}`.
 * Heavy modules are imported by the methods that need them, because commands should start fast.
 */
export abstract class ChatbotCommand extends Command {
  static override enableJsonFlag = true
  static override baseFlags = {
    'data-dir': string({
      summary: 'Folder of the database, the logs and the socket.',
      helpGroup: 'GLOBAL',
      helpValue: 'DIR',
    }),
    server: string({
      summary:
        'Use this server instead of this machine, such as https://chat.example.org. Same as CHATBOT_SERVER.',
      helpGroup: 'GLOBAL',
      helpValue: 'URL',
      exclusive: ['context'],
    }),
    context: string({
      summary: 'Use the server of this context: see `chatbot context list`.',
      helpGroup: 'GLOBAL',
      helpValue: 'NAME',
    }),
    'allow-insecure': boolean({
      summary: 'Allow sending the token over plain HTTP, where others can read it.',
      helpGroup: 'GLOBAL',
    }),
  }

  /** For commands about processes and files of this machine. */
  protected readonly localOnly: boolean = false
  protected target: Target = { kind: 'local' }
  readonly #closers: (() => unknown)[] = []

  /** The effective configuration: flags, environment, project file, user file, defaults, in order of precedence. */
  protected async settings(flags: TargetFlags): Promise<LoadedConfig> {
    await this.aim(flags)
    const { loadConfig } = await import('../../src/config/load.ts')
    const dataDir = flags['data-dir']
    const env = dataDir === undefined ? process.env : { ...process.env, CHATBOT_DATA_DIR: resolve(dataDir) }
    return loadConfig({ env, projectDir: process.cwd() })
  }

  private async aim(flags: TargetFlags): Promise<void> {
    if (!this.localOnly) {
      const { targetOf } = await import('../../src/client/target.ts')
      this.target = targetOf(flags, process.env)
    } else if (flags.server !== undefined || flags.context !== undefined) {
      throw new ChatbotError(
        'bad_request',
        `\`chatbot ${this.id?.replaceAll(':', ' ')}\` works on this machine only, without --server and --context.`,
      )
    }
  }

  /** Asks before something is destroyed, and names the server if it is not this machine. */
  protected async confirm(what: string, yes: boolean): Promise<void> {
    const { describeTarget } = await import('../../src/client/target.ts')
    const where = describeTarget(this.target)
    if (where !== '' && yes) this.talk(`On ${where}:`)
    await confirm(where === '' ? what : `On ${where}: ${what}`, yes)
  }

  /** The endpoint of the ready daemon; starts the local one if none is running, and says so. */
  protected async endpoint(loaded: LoadedConfig): Promise<DaemonAddress> {
    if (this.target.kind === 'remote') {
      const { endpointOf } = await import('../../src/client/target.ts')
      return endpointOf(this.target, process.env, this.config.version)
    }
    const { ensureDaemon } = await import('../../src/client/launch.ts')
    return ensureDaemon({
      loaded,
      env: process.env,
      stopWhenIdle: true,
      onStarting: (message) => this.talk(message),
    })
  }

  protected async api(loaded: LoadedConfig): Promise<ApiClient> {
    const connecting = this.endpoint(loaded)
    const [endpoint, { apiClient }] = await Promise.all([connecting, import('../../src/client/api.ts')])
    return this.own(apiClient(endpoint, { version: this.config.version }))
  }

  /**
   * A connection that survives restarts of the daemon. If the daemon has died, starts it again; if it was stopped on
   * purpose, only when there is something to ask.
   */
  protected async chat(loaded: LoadedConfig): Promise<ChatClient> {
    const [{ connect }, endpoint] = await Promise.all([
      import('../../src/client/socket/connect.ts'),
      this.endpoint(loaded),
    ])
    const chat = await connect(endpoint, {
      version: this.config.version,
      reopen: ({ start }) => (start ? this.endpoint(loaded) : this.running(loaded)),
    })
    this.#closers.unshift(() => chat.close())
    return chat
  }

  private async running(loaded: LoadedConfig): Promise<DaemonAddress> {
    if (this.target.kind === 'remote') return this.endpoint(loaded)
    const { runningDaemon } = await import('../../src/client/launch.ts')
    return runningDaemon(loaded)
  }

  /** Disposes the resource when the command ends, in any way. */
  protected own<T extends Disposable>(resource: T): T {
    this.#closers.unshift(() => resource[Symbol.dispose]())
    return resource
  }

  /** Keeps `argv` in the given order: oclif sorts words by their first occurrence. */
  protected override async parse<F extends Values, B extends Values, A extends Values>(
    options?: Input<F, B, A>,
    argv?: string[],
  ): Promise<ParserOutput<F, B, A>> {
    const parsed = await super.parse<F, B, A>(options, argv).catch((thrown: unknown) => {
      // oclif's own parsers of numbers throw plain errors.
      if (!(thrown instanceof Error) || 'oclif' in thrown) throw thrown
      throw new CLIError(thrown.message, { exit: 2 })
    })
    return { ...parsed, argv: parsed.raw.filter(({ type }) => type === 'arg').map(({ input }) => input) }
  }

  /** For people, on stdout; nothing with `--json`. Control characters from documents or servers are escaped. */
  override log(message = ''): void {
    if (!this.jsonEnabled()) process.stdout.write(`${styledText(message)}\n`)
  }

  /** The same on stderr. */
  protected talk(message: string): void {
    if (!this.jsonEnabled()) process.stderr.write(`${styledText(message)}\n`)
  }

  protected override logJson(json: unknown): void {
    process.stdout.write(`${escapedJson(json, 2)}\n`)
  }

  protected override async init(): Promise<void> {
    await super.init()
    // The reader has closed the pipe: `chatbot ask … | head`.
    for (const stream of [process.stdout, process.stderr]) {
      stream.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'EPIPE') process.exit(0)
      })
    }
  }

  /** With tracing, the command is the first span of its trace. */
  protected override async _run<T>(): Promise<T> {
    const { OTEL_EXPORTER_OTLP_ENDPOINT: all, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: traces } = process.env
    if (all === undefined && traces === undefined) return super._run()
    const { startTracing, tracingWanted } = await import('../../src/telemetry/tracing.ts')
    if (!tracingWanted(process.env)) return super._run()
    const { inSpan } = await import('../../src/telemetry/spans.ts')
    const end = await startTracing(process.env, 'chatbot-cli', this.config.version)
    try {
      return await inSpan(`chatbot ${this.id ?? ''}`, { parent: process.env.TRACEPARENT }, () => super._run())
    } finally {
      await end()
    }
  }

  protected override async catch(thrown: Error): Promise<void> {
    const usage = exitOfOclif(thrown)
    // oclif claims that repeatable flags swallow arguments, but ours do not.
    if (usage !== undefined)
      thrown.message = printable(
        thrown.message
          .replace(/\n\nNote: [^\n]*\n[^\n]*arguments\.\n/, '\n')
          .replace(/\nSee more help with --help$/, ''),
      )
    if (isExit(thrown)) throw thrown
    const error =
      usage === undefined ? ChatbotError.wrap(thrown) : new ChatbotError('bad_request', thrown.message)
    process.exitCode = usage ?? error.exitCode
    if (this.jsonEnabled()) {
      this.logJson({ error: error.inFull() })
      return
    }
    // The error last, where the eye is, not above a screen of help.
    if (usage !== undefined) process.stderr.write(`${this.#usageLine()}\n`)
    process.stderr.write(
      `${paint(process.stderr, ['bold', 'red'], 'Error:')} ${printable(error.fullMessage)}\n`,
    )
    if (error.code === 'internal') {
      process.stderr.write(
        process.env.DEBUG
          ? `${printable(String(thrown.stack))}\n`
          : 'That should not happen. DEBUG=* shows where it did.\n',
      )
    }
  }

  #usageLine(): string {
    const name = `chatbot ${this.id?.replaceAll(':', ' ')}`
    const args = Object.entries(this.ctor.args).map(([arg, { required }]) =>
      required === true ? arg.toUpperCase() : `[${arg.toUpperCase()}]`,
    )
    const usage = [name, ...args, '[FLAGS]'].join(' ')
    return paint(process.stderr, 'dim', `Usage: ${usage}    (chatbot help ${name.replace('chatbot ', '')})`)
  }

  protected override async finally(_: Error | undefined): Promise<void> {
    for (const close of this.#closers.splice(0)) await close()
  }
}

type Values = Record<string, unknown>

const isExit = (error: Error) => 'code' in error && error.code === 'EEXIT'

/** The exit status of an oclif error: a missing argument, an unknown flag. */
function exitOfOclif(error: Error): number | undefined {
  if (!('oclif' in error) || typeof error.oclif !== 'object' || error.oclif === null) return undefined
  return 'exit' in error.oclif && typeof error.oclif.exit === 'number' ? error.oclif.exit : 2
}

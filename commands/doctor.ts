import { z } from 'zod'
import type { RouteResponse } from '../src/api/routes.ts'
import type { LoadedConfig } from '../src/config/load.ts'
import { ChatbotError } from '../src/domain/errors.ts'
import { printableLine } from '../src/domain/printable.ts'
import { ChatbotCommand } from './common/command.ts'
import { type Finding, fail, warn } from './common/doctor/finding.ts'
import { paint } from './common/style.ts'
import type { TargetFlags } from './common/target.ts'

const MARKS = { ok: ['✓', 'green'], warn: ['!', 'yellow'], fail: ['✗', 'red'] } as const

export default class Doctor extends ChatbotCommand {
  static override summary =
    'Check that everything chatbot needs is there, and say what to do where it is not.'
  static override description =
    'Starts the daemon when none runs; works also when it cannot start. Exit status 1 when something fails.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json | jq ".checks[] | select(.state != \\"ok\\")"',
  ]

  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Doctor)
    const checks: Finding[] = []
    for await (const finding of this.#examine(flags)) {
      checks.push(finding)
      this.log(line(finding))
    }
    const healthy = checks.every(({ state }) => state !== 'fail')
    if (!healthy) process.exitCode = 1
    return { ok: healthy, checks }
  }

  async *#examine(flags: TargetFlags): AsyncGenerator<Finding, void, undefined> {
    const machine = await import('./common/doctor/machine.ts')
    const manifest = z.object({ engines: z.object({ node: z.string() }) }).parse(this.config.pjson)
    yield machine.checkNode(manifest.engines.node)
    let loaded: LoadedConfig
    try {
      loaded = await this.settings(flags)
    } catch (error) {
      yield fail(
        'Configuration',
        ChatbotError.wrap(error).fullMessage,
        'Correct it: $EDITOR "$(chatbot config path)"',
      )
      return
    }
    const { dataDir } = loaded.config
    yield machine.checkConfigFile(process.env)
    for (const warning of loaded.warnings)
      yield warn(
        'Configuration',
        warning,
        'Use the new name; any `chatbot config set` writes it into the file',
      )
    yield machine.checkDataDir(dataDir)
    yield machine.checkDisk(dataDir)
    yield* machine.checkToken(dataDir)
    yield await machine.checkModel()
    yield await machine.checkLock(dataDir)
    let engines: RouteResponse<'listEngines'>['engines'] | undefined
    try {
      const { checkDaemon } = await import('./common/doctor/daemon.ts')
      const daemon = await checkDaemon(await this.api(loaded))
      engines = daemon.engines
      yield* daemon.findings
    } catch (error) {
      const { code, fullMessage } = ChatbotError.wrap(error)
      yield fail('Daemon', `${code}: ${fullMessage}`, '`chatbot logs` may tell more')
    }
    const { checkEngines } = await import('./common/doctor/engines.ts')
    yield* await checkEngines(loaded.config, engines)
  }
}

function line({ name, state, detail, todo }: Finding): string {
  const [mark, colour] = MARKS[state]
  const first = `${paint(process.stdout, colour, mark)} ${name}: ${printableLine(detail)}`
  return todo === undefined ? first : `${first}\n  → ${todo}`
}

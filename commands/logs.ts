import { boolean, integer } from '@oclif/core/flags'
import { ChatbotError } from '../src/domain/errors.ts'
import { escapedLine } from '../src/domain/escaped-json.ts'
import { logLine } from '../src/terminal/log-line.ts'
import { ChatbotCommand } from './common/command.ts'

export default class Logs extends ChatbotCommand {
  static override summary = "Print the daemon's log."
  static override description = 'With --json, prints the log as it is: one JSON object per line.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --lines 20',
    '<%= config.bin %> <%= command.id %> --follow',
    '<%= config.bin %> <%= command.id %> --json | jq "select(.level >= 40)"',
  ]
  static override flags = {
    follow: boolean({ char: 'f', summary: 'Follow new lines until Ctrl-C.' }),
    lines: integer({ char: 'n', min: 0, default: 50, summary: 'Number of existing lines to show.' }),
  }

  protected override readonly localOnly = true

  async run(): Promise<void> {
    const { flags } = await this.parse(Logs)
    const { config } = await this.settings(flags)
    const [{ runtimePaths }, { followLines, lastLines }] = await Promise.all([
      import('../src/config/runtime-paths.ts'),
      import('../src/client/log-file.ts'),
    ])
    const { log } = runtimePaths(config.dataDir)
    const write = (line: string) =>
      process.stdout.write(`${this.jsonEnabled() ? escapedLine(line) : logLine(line, process.stdout)}\n`)
    const tail = await lastLines(log, flags.lines)
    if (tail === undefined) {
      throw new ChatbotError(
        'not_found',
        `No log yet: no daemon has run on ${config.dataDir}. Start one: chatbot start`,
      )
    }
    for (const line of tail.lines) write(line)
    if (flags.follow) for await (const line of followLines(log, tail)) write(line)
  }
}

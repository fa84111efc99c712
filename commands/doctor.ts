import { z } from 'zod'
import type { Finding } from '../src/doctor/finding.ts'
import { printableLine } from '../src/domain/printable.ts'
import { paint } from '../src/terminal/style.ts'
import { ChatbotCommand } from './common/command.ts'

const MARKS = { ok: ['✓', 'green'], warn: ['!', 'yellow'], fail: ['✗', 'red'] } as const

const manifestSchema = z.object({ engines: z.object({ node: z.string() }) })

export default class Doctor extends ChatbotCommand {
  static override summary = 'Check everything that chatbot needs, and suggest fixes.'
  static override description =
    'Starts the daemon if necessary, and works even if it cannot start. Exit status 1 if a check fails.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json | jq ".checks[] | select(.state != \\"ok\\")"',
  ]

  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Doctor)
    const { examine } = await import('../src/doctor/examine.ts')
    const { engines } = manifestSchema.parse(this.config.pjson)
    const findings = examine({
      env: process.env,
      node: engines.node,
      settings: () => this.settings(flags),
      api: (loaded) => this.api(loaded),
    })
    const checks: Finding[] = []
    for await (const finding of findings) {
      checks.push(finding)
      this.log(line(finding))
    }
    const healthy = checks.every(({ state }) => state !== 'fail')
    if (!healthy) process.exitCode = 1
    return { ok: healthy, checks }
  }
}

function line({ name, state, detail, todo }: Finding): string {
  const [mark, colour] = MARKS[state]
  const first = `${paint(process.stdout, colour, mark)} ${name}: ${printableLine(detail)}`
  return todo === undefined ? first : `${first}\n  → ${todo}`
}

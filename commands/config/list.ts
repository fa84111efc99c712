import { boolean } from '@oclif/core/flags'
import { table } from '../../src/terminal/table.ts'
import { ChatbotCommand } from '../common/command.ts'

export default class ConfigList extends ChatbotCommand {
  static override summary = 'List the effective settings and their origins.'
  static override description = 'Secrets are masked. --all includes unset ones, with descriptions.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --all',
  ]
  static override flags = {
    all: boolean({ summary: 'Describe every setting and its environment variable.' }),
  }

  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    const { flags } = await this.parse(ConfigList)
    const loaded = await this.settings(flags)
    if (flags.all) {
      const { SETTINGS } = await import('../../src/config/schema.ts')
      const settings = SETTINGS.map(({ key, env, description, default: value }) => ({
        key,
        env,
        default: value,
        description,
      }))
      this.log(
        table(
          [{ title: 'Key' }, { title: 'Environment' }, { title: 'Default' }, { title: 'Meaning' }],
          settings.map((setting) => [setting.key, setting.env, text(setting.default), setting.description]),
        ),
      )
      return { settings }
    }
    const { listConfig } = await import('../../src/config/load.ts')
    const entries = listConfig(loaded)
    this.log(
      table(
        [{ title: 'Key' }, { title: 'Value' }, { title: 'From' }],
        entries.map(({ key, value, source }) => [key, text(value), source]),
      ),
    )
    for (const warning of loaded.warnings) this.talk(`Note: ${warning}`)
    return { entries }
  }
}

const text = (value: unknown) =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)

import { string } from '@oclif/core/args'
import { ChatbotError } from '../../src/domain/errors.ts'
import { printableLine } from '../../src/domain/printable.ts'
import { ChatbotCommand } from '../common/command.ts'

export default class ConfigGet extends ChatbotCommand {
  static override summary = 'Print the value of a setting.'
  static override examples = ['<%= config.bin %> <%= command.id %> server.port']
  static override args = {
    key: string({ required: true, ignoreStdin: true, description: 'a key from `config list`' }),
  }

  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ConfigGet)
    const loaded = await this.settings(flags)
    const [{ listConfig }, { findSetting }] = await Promise.all([
      import('../../src/config/load.ts'),
      import('../../src/config/schema.ts'),
    ])
    const entry = listConfig(loaded).find(({ key }) => key === args.key)
    if (entry === undefined) {
      throw new ChatbotError(
        'not_found',
        findSetting(args.key) === undefined
          ? `There is no setting \`${args.key}\`. \`chatbot config list --all\` lists all of them.`
          : `\`${args.key}\` is not set. Set it: chatbot config set ${args.key} VALUE`,
      )
    }
    this.log(typeof entry.value === 'string' ? printableLine(entry.value) : JSON.stringify(entry.value))
    return entry
  }
}

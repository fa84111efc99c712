import { string } from '@oclif/core/args'
import { string as stringFlag } from '@oclif/core/flags'
import { ChatbotCommand } from '../common/command.ts'
import { lengthOfTime } from '../common/flags.ts'

export default class KeysRotate extends ChatbotCommand {
  static override summary = 'Replace the secret of an API key.'
  static override description =
    'The new key is shown once, on stdout. It keeps its name, rights and conversations. The old one becomes invalid at once, unless --overlap is given.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> website',
    '<%= config.bin %> <%= command.id %> website --overlap 24h',
  ]
  static override args = {
    name: string({ required: true, ignoreStdin: true, description: 'the key' }),
  }
  static override flags = {
    overlap: stringFlag({
      helpValue: '24h',
      default: '0m',
      summary: 'How long the old key stays valid, at most 7d.',
    }),
  }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(KeysRotate)
    const overlapMinutes = lengthOfTime('--overlap', flags.overlap) / 60_000
    const api = await this.api(await this.settings(flags))
    const made = await api.call('rotateKey', { params: { name: args.name }, body: { overlapMinutes } })
    this.log(made.key)
    const until = overlapMinutes === 0 ? 'has ended' : `ends ${made.previousUntil}`
    this.talk(`The key is shown only this once. The previous one ${until}.`)
    return made
  }
}

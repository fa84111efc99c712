import { string } from '@oclif/core/args'
import { string as stringFlag } from '@oclif/core/flags'
import { ChatbotCommand } from '../common/command.ts'
import { lengthOfTime } from '../common/flags.ts'
import { describeRights, firstRights } from '../common/rights.ts'

export default class KeysCreate extends ChatbotCommand {
  static override summary = 'Create an API key for a program.'
  static override description =
    'The key is shown once, on stdout; only a hash of it is kept. By default, a key can ask and read everything.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> website --collection handbook --expires 90d',
    {
      description: 'A key that can ingest, saved to a file:',
      command: '<%= config.bin %> <%= command.id %> nightly --role editor > key.txt',
    },
  ]
  static override args = {
    name: string({ required: true, ignoreStdin: true, description: 'its purpose' }),
  }
  static override flags = {
    ...firstRights,
    expires: stringFlag({ helpValue: '90d', summary: 'Lifetime; default: unlimited.' }),
  }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(KeysCreate)
    const expiresAt =
      flags.expires === undefined
        ? undefined
        : new Date(Date.now() + lengthOfTime('--expires', flags.expires)).toISOString()
    const api = await this.api(await this.settings(flags))
    const { role, collection } = flags
    const made = await api.call('createKey', {
      body: { name: args.name, role, collections: collection, expiresAt },
    })
    this.log(made.key)
    this.talk(
      `The key is shown only this once. ${made.name}: ${describeRights(made.rights)}${made.expiresAt === null ? '' : `, until ${made.expiresAt}`}.`,
    )
    return made
  }
}

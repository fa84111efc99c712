import { string } from '@oclif/core/args'
import { readNewPassword } from '../../src/terminal/secret.ts'
import { ChatbotCommand } from '../common/command.ts'
import { describeRights, firstRights } from '../common/rights.ts'

export default class UsersAdd extends ChatbotCommand {
  static override summary = 'Add a user with a password.'
  static override description =
    'The password is entered on the terminal, or read from stdin. By default, a user can ask and read everything.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> anna',
    '<%= config.bin %> <%= command.id %> boris --role editor --collection handbook < password.txt',
  ]
  static override args = {
    name: string({ required: true, ignoreStdin: true, description: 'lower-case letters, digits and .-_@' }),
  }
  static override flags = firstRights

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(UsersAdd)
    const api = await this.api(await this.settings(flags))
    const password = await readNewPassword(`Password of ${args.name}`)
    const { role, collection } = flags
    const reply = await api.call('addUser', {
      body: { name: args.name, password, role, collections: collection },
    })
    const rights = (collection ?? [null]).map((name) => ({ role, collection: name }))
    this.log(`Added ${reply.name}: ${describeRights(rights)}.`)
    return reply
  }
}

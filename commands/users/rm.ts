import { string } from '@oclif/core/args'
import { ChatbotCommand } from '../common/command.ts'
import { yes } from '../common/flags.ts'

export default class UsersRm extends ChatbotCommand {
  static override summary = 'Remove a user and end their logins.'
  static override description =
    'Their conversations stay in the database, but nobody can read them, not even a new user with the same name.'
  static override examples = ['<%= config.bin %> <%= command.id %> anna --yes']
  static override args = {
    name: string({ required: true, ignoreStdin: true, description: 'the user' }),
  }
  static override flags = yes

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(UsersRm)
    const api = await this.api(await this.settings(flags))
    await this.confirm(`This removes the user ${args.name}.`, flags.yes)
    const reply = await api.call('removeUser', { params: { name: args.name } })
    this.log(`Removed ${reply.name}.`)
    return reply
  }
}

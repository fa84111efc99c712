import { string } from '@oclif/core/args'
import { readNewPassword, readSecret } from '../../src/terminal/secret.ts'
import { ChatbotCommand } from '../common/command.ts'

export default class UsersPasswd extends ChatbotCommand {
  static override summary = 'Change the password of a user.'
  static override description =
    'Ends all logins of the user. Administrators can change any password; other users change their own on a terminal, which asks for the current one.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> anna',
    '<%= config.bin %> <%= command.id %> anna < password.txt',
  ]
  static override args = {
    name: string({ required: true, ignoreStdin: true, description: 'the user' }),
  }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(UsersPasswd)
    const api = await this.api(await this.settings(flags))
    const me = await api.call('whoami', {})
    const current = me.name === `user:${args.name}` ? await readSecret('Current password') : undefined
    const password = await readNewPassword(`New password of ${args.name}`)
    const reply = await api.call('setPassword', { params: { name: args.name }, body: { password, current } })
    this.log(`Changed the password of ${reply.name}. Log in again: chatbot login`)
    return reply
  }
}

import { ChatbotCommand } from '../common/command.ts'
import { describeRights } from '../common/rights.ts'

export default class UsersList extends ChatbotCommand {
  static override summary = 'List the users with a password.'
  static override examples = ['<%= config.bin %> <%= command.id %>']

  async run(): Promise<unknown> {
    const { flags } = await this.parse(UsersList)
    const api = await this.api(await this.settings(flags))
    const reply = await api.call('listUsers', {})
    if (reply.users.length === 0) {
      this.log('No users yet. Add one: chatbot users add NAME')
      return reply
    }
    const [{ table }, { time }] = await Promise.all([
      import('../../src/terminal/table.ts'),
      import('../../src/terminal/time.ts'),
    ])
    this.log(
      table(
        [{ title: 'User' }, { title: 'Logins', right: true }, { title: 'Added' }, { title: 'Rights' }],
        reply.users.map(({ name, sessions, createdAt, rights }) => [
          name,
          String(sessions),
          time(createdAt),
          describeRights(rights),
        ]),
      ),
    )
    return reply
  }
}

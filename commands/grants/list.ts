import { string } from '@oclif/core/flags'
import { ChatbotCommand } from '../common/command.ts'

export default class GrantsList extends ChatbotCommand {
  static override summary = 'List the roles of users, groups and keys.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --collection handbook',
  ]
  static override flags = {
    collection: string({ char: 'c', helpValue: 'NAME', summary: 'Only for this collection.' }),
  }

  async run(): Promise<unknown> {
    const { flags } = await this.parse(GrantsList)
    const api = await this.api(await this.settings(flags))
    const reply = await api.call('listGrants', { query: { collection: flags.collection } })
    if (reply.grants.length === 0) {
      this.log('No roles yet. Add one: chatbot grants add user:NAME reader')
      return reply
    }
    const [{ table }, { time }] = await Promise.all([
      import('../../src/terminal/table.ts'),
      import('../../src/terminal/time.ts'),
    ])
    this.log(
      table(
        [{ title: 'Who' }, { title: 'Role' }, { title: 'Collection' }, { title: 'Since' }],
        reply.grants.map(({ subject, role, collection, grantedAt }) => [
          subject,
          role,
          collection ?? '(all)',
          time(grantedAt),
        ]),
      ),
    )
    return reply
  }
}

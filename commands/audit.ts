import { integer } from '@oclif/core/flags'
import { ChatbotCommand } from './common/command.ts'

export default class Audit extends ChatbotCommand {
  static override summary = 'Show the log of administrative changes.'
  static override description =
    'Changes of users, keys, roles, collections, backups and the cache, latest first.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --limit 1000 --json',
  ]
  static override flags = {
    limit: integer({
      min: 1,
      max: 1000,
      default: 100,
      helpValue: 'N',
      summary: 'Maximum number of entries.',
    }),
    before: integer({ min: 1, helpValue: 'ID', summary: 'Older than this entry.' }),
  }

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Audit)
    const api = await this.api(await this.settings(flags))
    const { limit, before } = flags
    const reply = await api.call('listAudit', { query: { limit, before } })
    if (reply.entries.length === 0) {
      this.log('No administrative changes yet.')
      return reply
    }
    const [{ table }, { time }] = await Promise.all([
      import('../src/terminal/table.ts'),
      import('../src/terminal/time.ts'),
    ])
    this.log(
      table(
        [
          { title: 'Id', right: true },
          { title: 'When' },
          { title: 'Who' },
          { title: 'What' },
          { title: 'On' },
          { title: 'Details' },
        ],
        reply.entries.map(({ id, at, actor, action, target, detail }) => [
          String(id),
          time(at),
          actor,
          action,
          target,
          Object.entries(detail)
            .map(([name, value]) => `${name}=${value ?? 'all'}`)
            .join(' '),
        ]),
      ),
    )
    return reply
  }
}

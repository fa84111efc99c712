import { boolean } from '@oclif/core/flags'
import { ChatbotCommand } from '../common/command.ts'
import { describeRights } from '../common/rights.ts'

export default class KeysList extends ChatbotCommand {
  static override summary = 'List the API keys.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --all',
  ]
  static override flags = { all: boolean({ summary: 'Include revoked keys.' }) }

  async run(): Promise<unknown> {
    const { flags } = await this.parse(KeysList)
    const api = await this.api(await this.settings(flags))
    const reply = await api.call('listKeys', {})
    const keys = reply.keys.filter(({ revokedAt }) => flags.all || revokedAt === null)
    if (keys.length === 0) {
      this.log('No keys yet. Create one: chatbot keys create NAME')
      return { keys }
    }
    const [{ table }, { time }] = await Promise.all([
      import('../../src/terminal/table.ts'),
      import('../../src/terminal/time.ts'),
    ])
    this.log(
      table(
        [
          { title: 'Key' },
          { title: 'Begins' },
          { title: 'State' },
          { title: 'Last used' },
          { title: 'By' },
          { title: 'Rights' },
        ],
        keys.map(({ name, prefix, expiresAt, revokedAt, lastUsedAt, createdBy, rights }) => [
          name,
          `cb_${prefix}_`,
          stateOf(expiresAt, revokedAt, time),
          lastUsedAt === null ? 'never' : time(lastUsedAt),
          createdBy,
          describeRights(rights),
        ]),
      ),
    )
    return { keys }
  }
}

function stateOf(expiresAt: string | null, revokedAt: string | null, time: (iso: string) => string): string {
  if (revokedAt !== null) return `revoked ${time(revokedAt)}`
  if (expiresAt === null) return 'good'
  return new Date(expiresAt) <= new Date() ? `expired ${time(expiresAt)}` : `until ${time(expiresAt)}`
}

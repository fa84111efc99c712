import { integer } from '@oclif/core/flags'
import { table } from '../../src/terminal/table.ts'
import { time } from '../../src/terminal/time.ts'
import { ChatbotCommand } from '../common/command.ts'

export default class ConversationsList extends ChatbotCommand {
  static override summary = 'List the conversations, latest first.'
  static override examples = ['<%= config.bin %> <%= command.id %> --limit 10']
  static override flags = {
    limit: integer({ char: 'n', min: 1, max: 1000, default: 100, summary: 'Number of conversations.' }),
  }

  async run(): Promise<unknown> {
    const { flags } = await this.parse(ConversationsList)
    const api = await this.api(await this.settings(flags))
    const reply = await api.call('listConversations', { query: { limit: flags.limit } })
    if (reply.conversations.length === 0) {
      this.log('No conversations yet. Start one: chatbot chat')
      return reply
    }
    this.log(
      table(
        [{ title: 'Id' }, { title: 'Latest' }, { title: 'Turns', right: true }, { title: 'Begins with' }],
        reply.conversations.map(({ id, updatedAt, turns, title }) => [
          id,
          time(updatedAt),
          String(turns),
          title,
        ]),
      ),
    )
    return reply
  }
}

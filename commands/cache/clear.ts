import { count } from '../../src/text/amounts.ts'
import { ChatbotCommand } from '../common/command.ts'

export default class CacheClear extends ChatbotCommand {
  static override summary = 'Delete all cached answers.'
  static override description =
    'They stay in their conversations, but are no longer reused for other questions.'
  static override examples = ['<%= config.bin %> <%= command.id %>']

  async run(): Promise<unknown> {
    const { flags } = await this.parse(CacheClear)
    const api = await this.api(await this.settings(flags))
    const reply = await api.call('clearCache', {})
    this.log(`Forgot ${count(reply.cleared, 'answer')}.`)
    return reply
  }
}

import { string } from '@oclif/core/args'
import { count } from '../../src/text/amounts.ts'
import { ChatbotCommand } from '../common/command.ts'
import { yes } from '../common/flags.ts'

export default class ConversationsRm extends ChatbotCommand {
  static override summary = 'Delete conversations with their answers.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 0198c7d2-6f0e-7a51-9c43-1d2f6a8b9e10 --yes',
  ]
  static override strict = false
  static override args = {
    ids: string({ required: true, ignoreStdin: true, description: 'the conversations' }),
  }
  static override flags = yes

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(ConversationsRm)
    const api = await this.api(await this.settings(flags))
    const ids = new Set(argv.map(String))
    await this.confirm(`This deletes ${count(ids.size, 'conversation')}.`, flags.yes)
    const removed: string[] = []
    for (const given of ids) {
      const { id } = await api.call('removeConversation', { params: { id: given } })
      removed.push(id)
      this.log(`Deleted ${id}.`)
    }
    return { removed }
  }
}

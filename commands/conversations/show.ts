import { string } from '@oclif/core/args'
import { printable, printableLine } from '../../src/domain/printable.ts'
import { endOf } from '../../src/terminal/certainty-words.ts'
import { source } from '../../src/terminal/citation.ts'
import { paint } from '../../src/terminal/style.ts'
import { time } from '../../src/terminal/time.ts'
import { ChatbotCommand } from '../common/command.ts'

export default class ConversationsShow extends ChatbotCommand {
  static override summary = 'Show a conversation.'
  static override examples = ['<%= config.bin %> <%= command.id %> 0198c7d2-6f0e-7a51-9c43-1d2f6a8b9e10']
  static override args = {
    id: string({ required: true, ignoreStdin: true, description: 'the conversation' }),
  }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ConversationsShow)
    const api = await this.api(await this.settings(flags))
    const reply = await api.call('getConversation', { params: { id: args.id }, query: { limit: 1000 } })
    const show = process.stdout.isTTY
      ? (await import('../../src/terminal/markdown/paint.ts')).paintMarkdown
      : printable
    for (const { question, askedAt, text, citations, ...turn } of reply.turns) {
      const asked = paint(process.stdout, 'dim', time(askedAt))
      this.log(`${paint(process.stdout, 'bold', `> ${printableLine(question)}`)}  ${asked}\n`)
      const shown = show(text)
      const end = endOf(turn)
      this.log(end === undefined ? shown : `${shown} (${end})`.trim())
      for (const cited of citations) this.log(source(cited.number, cited))
      this.log()
    }
    return reply
  }
}

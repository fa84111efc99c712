import { string } from '@oclif/core/args'
import type { RouteResponse } from '../../src/api/routes.ts'
import { printable } from '../../src/domain/printable.ts'
import { endOf } from '../../src/terminal/certainty-words.ts'
import { ChatbotCommand } from '../common/command.ts'

type Conversation = RouteResponse<'getConversation'>

export default class ConversationsExport extends ChatbotCommand {
  static override summary = 'Write a conversation as Markdown to stdout; with --json as JSON.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 0198c7d2-6f0e-7a51-9c43-1d2f6a8b9e10 > talk.md',
    '<%= config.bin %> <%= command.id %> 0198c7d2-6f0e-7a51-9c43-1d2f6a8b9e10 --json > talk.json',
  ]
  static override args = {
    id: string({ required: true, ignoreStdin: true, description: 'the conversation' }),
  }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ConversationsExport)
    const api = await this.api(await this.settings(flags))
    const found = await api.call('getConversation', { params: { id: args.id }, query: { limit: 1000 } })
    if (!this.jsonEnabled()) process.stdout.write(markdown(found))
    return found
  }
}

function markdown({ conversation, turns }: Conversation): string {
  const parts = turns.map(({ question, askedAt, text, citations, ...turn }) => {
    const end = endOf(turn)
    const cited = citations.map(({ number, uri, line, text: quote }) => {
      const place = line === undefined ? uri : `${uri}:${line}`
      return `${number}. \`${printable(place)}\`\n   > ${printable(quote).replaceAll('\n', '\n   > ')}`
    })
    return [
      `## ${printable(question)}`,
      `_${askedAt}_`,
      end === undefined ? printable(text) : `${printable(text)}\n\n_${end}_`.trim(),
      ...(cited.length === 0 ? [] : [cited.join('\n')]),
    ].join('\n\n')
  })
  return `${[`# ${printable(conversation.title)}`, ...parts].join('\n\n')}\n`
}

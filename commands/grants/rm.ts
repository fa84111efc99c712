import { string } from '@oclif/core/args'
import { string as stringFlag } from '@oclif/core/flags'
import { ChatbotCommand } from '../common/command.ts'

export default class GrantsRm extends ChatbotCommand {
  static override summary = 'Remove a role.'
  static override examples = ['<%= config.bin %> <%= command.id %> user:anna --collection handbook']
  static override args = {
    subject: string({
      required: true,
      ignoreStdin: true,
      description: 'a subject from `chatbot grants list`',
    }),
  }
  static override flags = {
    collection: stringFlag({
      char: 'c',
      helpValue: 'NAME',
      summary: 'The role on this collection; default: the role on all collections.',
    }),
  }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(GrantsRm)
    const api = await this.api(await this.settings(flags))
    const reply = await api.call('removeGrant', {
      query: { subject: args.subject, collection: flags.collection },
    })
    this.log(`${reply.subject} no longer has a role on ${reply.collection ?? 'all collections'}.`)
    return reply
  }
}

import { string } from '@oclif/core/args'
import { string as stringFlag } from '@oclif/core/flags'
import { ChatbotCommand } from '../common/command.ts'

export default class GrantsRm extends ChatbotCommand {
  static override summary = 'Take a role away.'
  static override examples = ['<%= config.bin %> <%= command.id %> user:anna --collection handbook']
  static override args = {
    subject: string({ required: true, ignoreStdin: true, description: 'as `chatbot grants list` shows it' }),
  }
  static override flags = {
    collection: stringFlag({
      char: 'c',
      helpValue: 'NAME',
      summary: 'The role on this collection; the one on all of them unless told.',
    }),
  }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(GrantsRm)
    const api = await this.api(await this.settings(flags))
    const reply = await api.call('removeGrant', {
      query: { subject: args.subject, collection: flags.collection },
    })
    this.log(`${reply.subject} has no role of its own on ${reply.collection ?? 'all collections'} any more.`)
    return reply
  }
}

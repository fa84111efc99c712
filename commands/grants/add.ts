import { string } from '@oclif/core/args'
import { string as stringFlag } from '@oclif/core/flags'
import { ChatbotError } from '../../src/domain/errors.ts'
import { ROLES } from '../../src/domain/principal.ts'
import { ChatbotCommand } from '../common/command.ts'

export default class GrantsAdd extends ChatbotCommand {
  static override summary = 'Give a user, a group or a key a role.'
  static override description =
    'It replaces any role on the same collection. `chatbot whoami` shows how a login provider names a user.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> user:anna editor --collection handbook',
    '<%= config.bin %> <%= command.id %> group:company:engineers reader',
  ]
  static override args = {
    subject: string({
      required: true,
      ignoreStdin: true,
      description: 'user:NAME, key:NAME, group:PROVIDER:NAME or oidc:PROVIDER:SUBJECT',
    }),
    role: string({ required: true, ignoreStdin: true, options: [...ROLES], description: 'the role' }),
  }
  static override flags = {
    collection: stringFlag({
      char: 'c',
      helpValue: 'NAME',
      summary: 'On this collection; default: all.',
    }),
  }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(GrantsAdd)
    const role = ROLES.find((known) => known === args.role)
    if (role === undefined) throw new ChatbotError('bad_request', `There is no role ${args.role}.`)
    const { collection } = flags
    const api = await this.api(await this.settings(flags))
    const reply = await api.call('addGrant', { body: { subject: args.subject, role, collection } })
    this.log(`${reply.subject} is now ${reply.role} on ${reply.collection ?? 'all collections'}.`)
    return reply
  }
}

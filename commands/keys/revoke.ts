import { string } from '@oclif/core/args'
import { ChatbotCommand } from '../common/command.ts'
import { yes } from '../common/flags.ts'

export default class KeysRevoke extends ChatbotCommand {
  static override summary = 'Revoke an API key.'
  static override description = 'Its open connections are closed within seconds, on all daemons.'
  static override examples = ['<%= config.bin %> <%= command.id %> website --yes']
  static override args = {
    name: string({ required: true, ignoreStdin: true, description: 'the key' }),
  }
  static override flags = yes

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(KeysRevoke)
    const api = await this.api(await this.settings(flags))
    await this.confirm(`This revokes the key ${args.name} permanently.`, flags.yes)
    const reply = await api.call('revokeKey', { params: { name: args.name } })
    this.log(`Revoked ${reply.name}.`)
    return reply
  }
}

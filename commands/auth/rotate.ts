import { ChatbotCommand } from '../common/command.ts'

export default class AuthRotate extends ChatbotCommand {
  static override summary = 'Sign logins with a new key.'
  static override description =
    'Happens automatically every `auth.signingKeyDays`. Tokens signed with the previous key stay valid until they expire.'
  static override examples = ['<%= config.bin %> <%= command.id %>']

  async run(): Promise<unknown> {
    const { flags } = await this.parse(AuthRotate)
    const api = await this.api(await this.settings(flags))
    const reply = await api.call('rotateSigningKey', {})
    this.log(`Logins are now signed with the key ${reply.id}.`)
    return reply
  }
}

import { ChatbotCommand } from '../common/command.ts'

export default class AuthRotate extends ChatbotCommand {
  static override summary = 'Sign logins with a new key.'
  static override description =
    'Happens by itself every `auth.signingKeyDays`. What the key before has signed stays good until it expires.'
  static override examples = ['<%= config.bin %> <%= command.id %>']

  async run(): Promise<unknown> {
    const { flags } = await this.parse(AuthRotate)
    const api = await this.api(await this.settings(flags))
    const reply = await api.call('rotateSigningKey', {})
    this.log(`Logins are signed with the key ${reply.id} now.`)
    return reply
  }
}

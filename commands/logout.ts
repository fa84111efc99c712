import { ChatbotError } from '../src/domain/errors.ts'
import { ChatbotCommand } from './common/command.ts'

export default class Logout extends ChatbotCommand {
  static override summary = 'Log out of a server and delete the token.'
  static override examples = ['<%= config.bin %> <%= command.id %>']

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Logout)
    const loaded = await this.settings(flags)
    const { target } = this
    if (target.kind === 'local' || target.context === undefined) {
      throw new ChatbotError('bad_request', 'There is no login to end. `chatbot context list` shows them.')
    }
    const { context, server, credential } = target
    if (credential?.kind === 'login') {
      await (await this.api(loaded)).call('logout', {}).catch((error: unknown) => {
        // It has ended already.
        if (!(error instanceof ChatbotError) || error.code !== 'unauthenticated') throw error
      })
    }
    const { changeContexts } = await import('../src/config/contexts.ts')
    await changeContexts(process.env, (all) => {
      const { credential: _, ...rest } = all.contexts[context] ?? { server, allowInsecure: false }
      return { ...all, contexts: { ...all.contexts, [context]: rest } }
    })
    this.log(
      credential?.kind === 'token'
        ? `Removed the key for ${server}. The key itself is still valid: chatbot keys revoke`
        : `Logged out of ${server}.`,
    )
    return { server, context }
  }
}

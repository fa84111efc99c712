import { string } from '@oclif/core/args'
import { ChatbotError } from '../../src/domain/errors.ts'
import { ChatbotCommand } from '../common/command.ts'

export default class ContextSet extends ChatbotCommand {
  static override summary = 'Create a context, or change its server.'
  static override description = 'To log in: chatbot login NAME --context CONTEXT'
  static override examples = ['<%= config.bin %> <%= command.id %> work --server https://chat.example.org']
  static override args = {
    name: string({ required: true, ignoreStdin: true, description: 'the context' }),
  }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ContextSet)
    if (flags.server === undefined) {
      throw new ChatbotError('bad_request', 'Name its server: --server https://chat.example.org')
    }
    const [{ changeContexts }, { serverUrl }] = await Promise.all([
      import('../../src/config/contexts.ts'),
      import('../../src/client/target.ts'),
    ])
    const server = serverUrl(flags.server)
    const allowInsecure = flags['allow-insecure'] ?? false
    await changeContexts(process.env, (all) => {
      const before = all.contexts[args.name]
      // A credential is valid only for its server.
      const credential = before?.server === server ? before.credential : undefined
      const context = { server, allowInsecure, credential }
      return { ...all, contexts: { ...all.contexts, [args.name]: context } }
    })
    this.log(`${args.name} is ${server}. Use it: chatbot context use ${args.name}`)
    return { name: args.name, server, allowInsecure }
  }
}

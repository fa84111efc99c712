import { string } from '@oclif/core/args'
import { ChatbotError } from '../../src/domain/errors.ts'
import { ChatbotCommand } from '../common/command.ts'

export default class ContextRm extends ChatbotCommand {
  static override summary = 'Remove a context and its credential.'
  static override description = 'Its login stays valid until it expires; `chatbot logout` ends it.'
  static override examples = ['<%= config.bin %> <%= command.id %> work']
  static override args = {
    name: string({ required: true, ignoreStdin: true, description: 'the context' }),
  }
  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    const { args } = await this.parse(ContextRm)
    const { changeContexts } = await import('../../src/config/contexts.ts')
    await changeContexts(process.env, ({ current, contexts }) => {
      const { [args.name]: removed, ...rest } = contexts
      if (removed === undefined) {
        throw new ChatbotError(
          'not_found',
          `There is no context "${args.name}". \`chatbot context list\` shows those that exist.`,
        )
      }
      return { current: current === args.name ? null : current, contexts: rest }
    })
    this.log(`Forgot ${args.name}.`)
    return { name: args.name }
  }
}

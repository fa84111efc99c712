import { string } from '@oclif/core/args'
import { boolean } from '@oclif/core/flags'
import { ChatbotError } from '../../src/domain/errors.ts'
import { ChatbotCommand } from '../common/command.ts'

export default class ContextUse extends ChatbotCommand {
  static override summary = 'Use the server of a context from now on.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> chat.example.org',
    '<%= config.bin %> <%= command.id %> --local',
  ]
  static override args = {
    name: string({ required: false, ignoreStdin: true, description: 'the context' }),
  }
  static override flags = { local: boolean({ summary: 'Use this machine.' }) }
  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ContextUse)
    if (flags.local === (args.name !== undefined)) {
      throw new ChatbotError('bad_request', 'Name a context, or use --local for this machine.')
    }
    const current = args.name ?? null
    const { changeContexts } = await import('../../src/config/contexts.ts')
    const { contexts } = await changeContexts(process.env, (all) => {
      if (current !== null && all.contexts[current] === undefined) {
        throw new ChatbotError(
          'not_found',
          `There is no context "${current}". \`chatbot context list\` shows those that exist.`,
        )
      }
      return { ...all, current }
    })
    const server = current === null ? null : (contexts[current]?.server ?? null)
    this.log(`Commands now use ${server ?? 'this machine'}.`)
    return { current, server }
  }
}

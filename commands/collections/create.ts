import { string } from '@oclif/core/args'
import { checkCollectionName } from '../../src/domain/document.ts'
import { ChatbotCommand } from '../common/command.ts'

export default class CollectionsCreate extends ChatbotCommand {
  static override summary = 'Create an empty collection.'
  static override description = '`chatbot ingest --collection NAME` creates one too.'
  static override examples = ['<%= config.bin %> <%= command.id %> handbook']
  static override args = {
    name: string({
      required: true,
      ignoreStdin: true,
      description: 'lower-case letters, digits, dot, dash and underscore',
    }),
  }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(CollectionsCreate)
    const name = checkCollectionName(args.name)
    const api = await this.api(await this.settings(flags))
    const made = await api.call('createCollection', { body: { name } })
    this.log(`Created ${made.name}. Add documents: chatbot ingest ./docs --collection ${made.name}`)
    return made
  }
}

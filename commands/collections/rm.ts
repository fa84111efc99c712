import { string } from '@oclif/core/args'
import { ChatbotError } from '../../src/domain/errors.ts'
import { count } from '../../src/text/amounts.ts'
import { ChatbotCommand } from '../common/command.ts'
import { yes } from '../common/flags.ts'

export default class CollectionsRm extends ChatbotCommand {
  static override summary = 'Delete a collection with its documents.'
  static override description = 'Your files are not touched.'
  static override examples = ['<%= config.bin %> <%= command.id %> handbook --yes']
  static override args = {
    name: string({ required: true, ignoreStdin: true, description: 'the collection' }),
  }
  static override flags = yes

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(CollectionsRm)
    const api = await this.api(await this.settings(flags))
    const { collections } = await api.call('listCollections', {})
    const found = collections.find(({ name }) => name === args.name)
    if (found === undefined) {
      throw new ChatbotError(
        'unknown_collection',
        `There is no collection ${args.name}. \`chatbot collections list\` shows all.`,
      )
    }
    await this.confirm(`This deletes ${found.name} with ${count(found.documents, 'document')}.`, flags.yes)
    const reply = await api.call('removeCollection', { params: { name: found.name } })
    this.log(`Deleted ${found.name}.`)
    return reply
  }
}

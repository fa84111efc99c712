import { integer } from '@oclif/core/args'
import { confirm } from '../../src/terminal/confirm.ts'
import { ChatbotCommand } from '../common/command.ts'
import { yes } from '../common/flags.ts'

export default class IndexDrop extends ChatbotCommand {
  static override summary = 'Drop an index generation that is not in use; cancels a rebuild that creates it.'
  static override description =
    'Replaced generations are dropped automatically. The active generation cannot be dropped.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 7',
    '<%= config.bin %> <%= command.id %> 7 --yes',
  ]
  static override args = {
    generation: integer({ required: true, min: 1, description: 'its id from `chatbot index list`' }),
  }
  static override flags = yes

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(IndexDrop)
    const api = await this.api(await this.settings(flags))
    const { generations } = await api.call('listIndex', {})
    const found = generations.find(({ id }) => id === args.generation)
    if (found !== undefined && found.state !== 'active') {
      const { collection, model, chunks } = found
      await confirm(
        `This drops generation ${found.id} of ${collection} (${model}, ${chunks} chunks).`,
        flags.yes,
      )
    }
    const dropped = await api.call('dropGeneration', { params: { generation: args.generation } })
    this.log(`Dropped generation ${dropped.generation} of ${dropped.collection}.`)
    return dropped
  }
}

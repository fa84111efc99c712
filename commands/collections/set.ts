import { string } from '@oclif/core/args'
import { string as stringFlag } from '@oclif/core/flags'
import { checkCollectionName } from '../common/collection-name.ts'
import { ChatbotCommand } from '../common/command.ts'

export default class CollectionsSet extends ChatbotCommand {
  static override summary = 'Change the settings of a collection.'
  static override description =
    'With the cache off, no answer that was made from the collection is given again. What was cached before is used again when it is turned on, unless the documents have changed.'
  static override examples = ['<%= config.bin %> <%= command.id %> handbook --cache off']
  static override args = {
    name: string({ required: true, ignoreStdin: true, description: 'the collection' }),
  }
  static override flags = {
    cache: stringFlag({
      options: ['on', 'off'],
      required: true,
      summary: 'Whether its answers may be given again.',
    }),
  }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(CollectionsSet)
    const name = checkCollectionName(args.name)
    const api = await this.api(await this.settings(flags))
    const set = await api.call('configureCollection', {
      params: { name },
      body: { cache: flags.cache === 'on' },
    })
    this.log(`${set.name}: cache ${set.cache ? 'on' : 'off'}.`)
    return set
  }
}

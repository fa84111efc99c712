import { string } from '@oclif/core/args'
import { boolean, string as stringFlag } from '@oclif/core/flags'
import { checkCollectionName } from '../../src/domain/document.ts'
import { ChatbotCommand } from '../common/command.ts'

const SETTINGS = ['cache', 'engine', 'default-engine']

export default class CollectionsSet extends ChatbotCommand {
  static override summary = 'Change the settings of a collection.'
  static override description =
    'The engine answers questions that name none. A question to several collections uses their engine if all have the same one, otherwise `answer.engine`.\n\nWith the cache off, answers from the collection are not reused. Earlier cached answers are used again once it is turned on, unless the documents have changed.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> handbook --engine local',
    '<%= config.bin %> <%= command.id %> handbook --default-engine',
    '<%= config.bin %> <%= command.id %> handbook --cache off',
  ]
  static override args = {
    name: string({ required: true, ignoreStdin: true, description: 'the collection' }),
  }
  static override flags = {
    cache: stringFlag({
      options: ['on', 'off'],
      summary: 'Whether its answers are cached.',
      atLeastOne: SETTINGS,
    }),
    engine: stringFlag({
      summary: 'The engine for questions about it: see `chatbot engines list`.',
      exclusive: ['default-engine'],
    }),
    'default-engine': boolean({ summary: 'Use `answer.engine`.' }),
  }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(CollectionsSet)
    const name = checkCollectionName(args.name)
    const api = await this.api(await this.settings(flags))
    const set = await api.call('configureCollection', {
      params: { name },
      body: {
        cache: flags.cache === undefined ? undefined : flags.cache === 'on',
        engine: flags['default-engine'] ? null : flags.engine,
      },
    })
    this.log(
      `${set.name}: answered by ${set.engine ?? 'the default engine'}, cache ${set.cache ? 'on' : 'off'}.`,
    )
    return set
  }
}

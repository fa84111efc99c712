import { string } from '@oclif/core/flags'
import { isHere } from '../../src/client/sync/find-source.ts'
import { displayUri } from '../../src/terminal/place.ts'
import { ChatbotCommand } from '../common/command.ts'

export default class SourcesList extends ChatbotCommand {
  static override summary = 'List the ingested folders, globs and web pages.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --collection handbook --json',
  ]
  static override flags = {
    collection: string({ char: 'c', helpValue: 'NAME', summary: 'Only sources of this collection.' }),
  }

  async run(): Promise<unknown> {
    const { flags } = await this.parse(SourcesList)
    const api = await this.api(await this.settings(flags))
    const reply = await api.call('listSources', { query: { collection: flags.collection } })
    if (reply.sources.length === 0) {
      this.log('No sources yet. Add a folder: chatbot ingest ./docs')
      return reply
    }
    const [{ table }, { time }] = await Promise.all([
      import('../../src/terminal/table.ts'),
      import('../../src/terminal/time.ts'),
    ])
    this.log(
      table(
        [
          { title: 'Id' },
          { title: 'Collection' },
          { title: 'Kind' },
          { title: 'Documents', right: true },
          { title: 'Synced' },
          { title: 'Where' },
        ],
        reply.sources.map((source) => [
          source.id.slice(0, 8),
          source.collection,
          source.kind,
          String(source.documents),
          source.syncedAt === null ? 'never' : time(source.syncedAt),
          `${isHere(source) ? '' : `${source.machine}: `}${displayUri(source.location, process.cwd())}`,
        ]),
      ),
    )
    return reply
  }
}

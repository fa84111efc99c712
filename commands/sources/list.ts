import { string } from '@oclif/core/flags'
import { displayUri } from '../../src/client/sync/uri.ts'
import { ChatbotCommand } from '../common/command.ts'
import { isHere } from '../common/find-source.ts'

export default class SourcesList extends ChatbotCommand {
  static override summary = 'List the folders, globs and web pages that were ingested.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --collection handbook --json',
  ]
  static override flags = {
    collection: string({ char: 'c', helpValue: 'NAME', summary: 'Only those of this collection.' }),
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
      import('../common/table.ts'),
      import('../common/format.ts'),
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

import { ChatbotCommand } from '../common/command.ts'

export default class CollectionsList extends ChatbotCommand {
  static override summary = 'List the collections.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ]

  async run(): Promise<unknown> {
    const { flags } = await this.parse(CollectionsList)
    const api = await this.api(await this.settings(flags))
    const reply = await api.call('listCollections', {})
    if (reply.collections.length === 0) {
      this.log('No collections yet. Add documents: chatbot ingest ./docs')
      return reply
    }
    const [{ table }, { time }] = await Promise.all([
      import('../../src/terminal/table.ts'),
      import('../../src/terminal/time.ts'),
    ])
    this.log(
      table(
        [
          { title: 'Collection' },
          { title: 'Documents', right: true },
          { title: 'Chunks', right: true },
          { title: 'Revision', right: true },
          { title: 'Cache' },
          { title: 'Engine' },
          { title: 'Made' },
        ],
        reply.collections.map(({ name, documents, chunks, revision, cache, engine, createdAt }) => [
          name,
          String(documents),
          String(chunks),
          String(revision),
          cache ? 'on' : 'off',
          engine ?? 'default',
          time(createdAt),
        ]),
      ),
    )
    return reply
  }
}

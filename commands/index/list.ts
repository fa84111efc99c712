import { table } from '../../src/terminal/table.ts'
import { time } from '../../src/terminal/time.ts'
import { bytes, count } from '../../src/text/amounts.ts'
import { ChatbotCommand } from '../common/command.ts'

export default class IndexList extends ChatbotCommand {
  static override summary = 'List the index generations of each collection with their models.'
  static override examples = ['<%= config.bin %> <%= command.id %>']

  async run(): Promise<unknown> {
    const { flags } = await this.parse(IndexList)
    const api = await this.api(await this.settings(flags))
    const reply = await api.call('listIndex', {})
    if (reply.generations.length === 0) {
      this.log('Nothing is indexed yet. Add documents: chatbot ingest ./docs')
      return reply
    }
    this.log(
      table(
        [
          { title: 'Id', right: true },
          { title: 'Collection' },
          { title: 'State' },
          { title: 'Documents', right: true },
          { title: 'Chunks', right: true },
          { title: 'Size', right: true },
          { title: 'Search' },
          { title: 'Made' },
          { title: 'Model' },
        ],
        reply.generations.map((generation) => [
          String(generation.id),
          generation.collection,
          generation.state,
          String(generation.documents),
          String(generation.chunks),
          bytes(generation.bytes),
          generation.access,
          time(generation.createdAt),
          generation.model,
        ]),
      ),
    )
    for (const { collection, state, withoutBlocks } of reply.generations)
      if (state === 'active' && withoutBlocks > 0)
        this.log(`\n${collection}: ${storedEarlier(withoutBlocks)}`)
    return reply
  }
}

const storedEarlier = (documents: number): string =>
  `${count(documents, 'document')} stored by an earlier version: answers quote whole paragraphs. Ingest them again.`

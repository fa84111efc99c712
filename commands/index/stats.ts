import { fields } from '../../src/terminal/table.ts'
import { bytes, count } from '../../src/text/amounts.ts'
import { ChatbotCommand } from '../common/command.ts'

export default class IndexStats extends ChatbotCommand {
  static override summary = 'Show the size of the index and the hit rate of the cache.'
  static override examples = ['<%= config.bin %> <%= command.id %> --json']

  async run(): Promise<unknown> {
    const { flags } = await this.parse(IndexStats)
    const api = await this.api(await this.settings(flags))
    const [{ generations }, { collections }, status] = await Promise.all([
      api.call('listIndex', {}),
      api.call('listCollections', {}),
      api.call('status', {}),
    ])
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
    const stats = {
      collections: collections.length,
      documents: sum(collections.map(({ documents }) => documents)),
      chunks: sum(collections.map(({ chunks }) => chunks)),
      generations: generations.length,
      indexBytes: sum(generations.map((generation) => generation.bytes)),
      embedder: status.embedder,
      cache: status.cache,
    }
    this.log(
      fields([
        ['Collections', String(stats.collections)],
        ['Documents', String(stats.documents)],
        ['Chunks', String(stats.chunks)],
        ['Index', `${bytes(stats.indexBytes)} in ${count(stats.generations, 'generation')}`],
        ['Embedder', `${stats.embedder.model} for new collections`],
        [
          'Cache',
          `${count(stats.cache.entries, 'answer')}, ${stats.cache.hits} of ${stats.cache.hits + stats.cache.misses} questions`,
        ],
      ]),
    )
    return stats
  }
}

import { string as stringArgument } from '@oclif/core/args'
import { integer } from '@oclif/core/flags'
import { ChatbotCommand } from './common/command.ts'
import { collections, filterOf, filters } from './common/flags.ts'
import { onInterrupt } from './common/interrupt.ts'
import { questionOf } from './common/question.ts'

export default class Search extends ChatbotCommand {
  static override summary = 'Find the passages that fit a question, without an answer.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> cache invalidation',
    '<%= config.bin %> <%= command.id %> "резервное копирование" --limit 3 --json',
    '<%= config.bin %> <%= command.id %> retry --path "docs/**" --exclude "**/CHANGELOG.md"',
  ]
  static override strict = false
  static override args = {
    query: stringArgument({
      required: true,
      ignoreStdin: true,
      description: 'what to look for, in one or more words; `-` reads it from stdin',
    }),
  }
  static override flags = {
    ...collections,
    ...filters,
    limit: integer({ char: 'n', min: 1, max: 100, default: 10, summary: 'Number of passages.' }),
  }

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(Search)
    const query = await questionOf(argv)
    const chat = await this.chat(await this.settings(flags))
    const interrupt = this.own(onInterrupt())
    const { passages } = await chat.search({
      query,
      collections: flags.collection,
      filter: filterOf(flags),
      limit: flags.limit,
      signal: interrupt.first,
    })
    if (passages.length === 0) {
      this.log('Nothing found. `chatbot documents list` shows what there is; add more: chatbot ingest ./docs')
      return { results: [] }
    }
    const [{ table }, { place }] = await Promise.all([
      import('./common/table.ts'),
      import('./common/sources.ts'),
    ])
    this.log(
      table(
        [
          { title: '#', right: true },
          { title: 'Score', right: true },
          { title: 'Place' },
          { title: 'Passage' },
        ],
        passages.map((passage) => [
          String(passage.number),
          passage.score.toFixed(3),
          place(passage),
          passage.text,
        ]),
      ),
    )
    return { results: passages }
  }
}

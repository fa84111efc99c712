import { string as stringArgument } from '@oclif/core/args'
import { boolean, integer } from '@oclif/core/flags'
import type { Passage } from '../src/domain/answer.ts'
import { onInterrupt } from '../src/terminal/interrupt.ts'
import type { Column } from '../src/terminal/table.ts'
import { ChatbotCommand } from './common/command.ts'
import { collections, filterOf, filters } from './common/flags.ts'
import { questionOf } from './common/question.ts'

export default class Search extends ChatbotCommand {
  static override summary = 'Find passages for a question, without an answer.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> cache invalidation',
    '<%= config.bin %> <%= command.id %> "резервное копирование" --limit 3 --json',
    '<%= config.bin %> <%= command.id %> retry --path "docs/**" --exclude "**/CHANGELOG.md"',
    '<%= config.bin %> <%= command.id %> ERR_MODULE_NOT_FOUND --explain',
    `<%= config.bin %> <%= command.id %> '"the exact words"' --since 2025-01-01 --meta author=Anna`,
  ]
  static override strict = false
  static override args = {
    query: stringArgument({
      ignoreStdin: true,
      description: 'what to look for, in one or more words; without it, or with `-`, it is read from stdin',
    }),
  }
  static override flags = {
    ...collections,
    ...filters,
    explain: boolean({ summary: 'Show the scores behind each rank: vector, words, sentences, reranker.' }),
    limit: integer({ char: 'n', min: 1, max: 100, default: 10, summary: 'Number of passages.' }),
  }

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(Search)
    const query = await questionOf(argv)
    const chat = await this.chat(await this.settings(flags))
    const interrupt = this.own(onInterrupt())
    const { passages, searched } = await chat.search({
      query,
      collections: flags.collection,
      filter: filterOf(flags),
      limit: flags.limit,
      signal: interrupt.first,
    })
    if (searched !== undefined)
      this.talk(`No document has “${query}” as it is spelt. Searched for: ${searched}`)
    if (passages.length === 0) {
      this.log('Nothing found. `chatbot documents list` lists all documents; add more: chatbot ingest ./docs')
      return { results: [] }
    }
    const [{ table }, { placeOf }] = await Promise.all([
      import('../src/terminal/table.ts'),
      import('../src/terminal/place.ts'),
    ])
    const columns = flags.explain ? [...COLUMNS, ...EXPLAINED] : COLUMNS
    this.log(
      table(
        [...columns, { title: 'Place' }, { title: 'Passage' }],
        passages.map((passage) => [
          ...columns.map(({ value }) => value(passage)),
          placeOf(passage),
          passage.text,
        ]),
      ),
    )
    return { results: passages, searched }
  }
}

const fixed = (value: number | undefined, digits: number) => value?.toFixed(digits) ?? ''

interface ScoreColumn extends Column {
  value: (passage: Passage) => string
}

const COLUMNS: readonly ScoreColumn[] = [
  { title: '#', right: true, value: ({ number }) => String(number) },
  { title: 'Score', right: true, value: ({ score, scores }) => fixed(scores?.fused ?? score, 3) },
]

const EXPLAINED: readonly ScoreColumn[] = [
  { title: 'Vector', right: true, value: ({ scores }) => fixed(scores?.vector, 3) },
  { title: 'BM25', right: true, value: ({ scores }) => fixed(scores?.lexical, 2) },
  { title: 'Sentence', right: true, value: ({ scores }) => fixed(scores?.sentence, 3) },
  { title: 'Rerank', right: true, value: ({ scores }) => fixed(scores?.rerank, 2) },
  { title: 'Words', value: ({ scores }) => scores?.matched.join(' ') ?? '' },
]

import { integer, string } from '@oclif/core/flags'
import type { RouteResponse } from '../../src/api/routes.ts'
import type { ApiClient } from '../../src/client/api.ts'
import { displayUri } from '../../src/terminal/place.ts'
import { time } from '../../src/terminal/time.ts'
import { bytes } from '../../src/text/amounts.ts'
import { ChatbotCommand } from '../common/command.ts'

type Documents = RouteResponse<'listDocuments'>['documents']

const DOCUMENTS_PER_PAGE = 1000

export default class DocumentsList extends ChatbotCommand {
  static override summary = 'List the documents.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --collection handbook --limit 20',
  ]
  static override flags = {
    collection: string({ char: 'c', helpValue: 'NAME', summary: 'Only this collection.' }),
    limit: integer({ char: 'n', min: 1, summary: 'Number of documents; default: all.' }),
  }

  async run(): Promise<unknown> {
    const { flags } = await this.parse(DocumentsList)
    const api = await this.api(await this.settings(flags))
    const documents = await all(api, flags.collection, flags.limit ?? Number.POSITIVE_INFINITY)
    if (documents.length === 0) {
      this.log('No documents yet. Add some: chatbot ingest ./docs')
      return { documents }
    }
    const { table } = await import('../../src/terminal/table.ts')
    this.log(
      table(
        [
          { title: 'Id' },
          { title: 'Chunks', right: true },
          { title: 'Size', right: true },
          { title: 'Ingested' },
          { title: 'Collection' },
          { title: 'Document' },
        ],
        documents.map((document) => [
          document.id.slice(0, 13),
          String(document.chunks),
          bytes(document.bytes),
          time(document.ingestedAt),
          document.collection,
          displayUri(document.uri, process.cwd()),
        ]),
      ),
    )
    return { documents }
  }
}

async function all(api: ApiClient, collection: string | undefined, limit: number): Promise<Documents> {
  const found: Documents = []
  while (found.length < limit) {
    const wanted = Math.min(DOCUMENTS_PER_PAGE, limit - found.length)
    const { documents } = await api.call('listDocuments', {
      query: { collection, limit: wanted, after: found.at(-1)?.uri },
    })
    found.push(...documents)
    if (documents.length < wanted) break
  }
  // A page keeps a uri of several collections together, so it may be longer than requested.
  return found.slice(0, limit)
}

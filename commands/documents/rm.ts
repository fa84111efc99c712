import { string } from '@oclif/core/args'
import type { RouteResponse } from '../../src/api/routes.ts'
import { documentReference } from '../../src/client/files/inputs.ts'
import { printableLine } from '../../src/domain/printable.ts'
import { displayUri } from '../../src/terminal/place.ts'
import { count } from '../../src/text/amounts.ts'
import { ChatbotCommand } from '../common/command.ts'
import { yes } from '../common/flags.ts'

export default class DocumentsRm extends ChatbotCommand {
  static override summary = 'Delete documents with their chunks and vectors.'
  static override description = 'Your files are not touched.'
  static override examples = ['<%= config.bin %> <%= command.id %> docs/old.md 3f2a9c1e --yes']
  static override strict = false
  static override args = {
    documents: string({ required: true, ignoreStdin: true, description: 'paths, ids or id prefixes' }),
  }
  static override flags = yes

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(DocumentsRm)
    const api = await this.api(await this.settings(flags))
    const held = new Map<string, RouteResponse<'getDocument'>>()
    for (const given of argv) {
      const document = await api.call('getDocument', {
        params: { reference: documentReference(String(given)) },
      })
      held.set(document.id, document)
    }
    const found = [...held.values()]
    const named = (uri: string) => printableLine(displayUri(uri, process.cwd()))
    await this.confirm(
      `This deletes ${found.length === 1 ? named(found[0]?.uri ?? '') : count(found.length, 'document')}.`,
      flags.yes,
    )
    for (const { id, uri } of found) {
      await api.call('removeDocument', { params: { reference: id } })
      this.log(`Deleted ${named(uri)}.`)
    }
    return { removed: found }
  }
}

import { string } from '@oclif/core/args'
import { boolean } from '@oclif/core/flags'
import { findSource } from '../../src/client/sync/find-source.ts'
import { printableLine } from '../../src/domain/printable.ts'
import { displayUri } from '../../src/terminal/place.ts'
import { count } from '../../src/text/amounts.ts'
import { ChatbotCommand } from '../common/command.ts'
import { yes } from '../common/flags.ts'

export default class SourcesRm extends ChatbotCommand {
  static override summary = 'Remove a source and its documents.'
  static override description = 'Your files are not touched.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> ./docs',
    '<%= config.bin %> <%= command.id %> 3f2a9c1e --keep-documents',
  ]
  static override args = {
    source: string({
      required: true,
      ignoreStdin: true,
      description: 'path, address, id or id prefix',
    }),
  }
  static override flags = {
    ...yes,
    'keep-documents': boolean({ summary: 'Remove only the source.' }),
  }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(SourcesRm)
    const api = await this.api(await this.settings(flags))
    const found = findSource((await api.call('listSources', {})).sources, args.source)
    const name = printableLine(displayUri(found.location, process.cwd()))
    const keep = flags['keep-documents']
    if (!keep && found.documents > 0) {
      await this.confirm(
        `This deletes ${count(found.documents, 'document')} of ${name} from ${found.collection}; --keep-documents keeps them.`,
        flags.yes,
      )
    }
    const reply = await api.call('removeSource', {
      params: { id: found.id },
      query: { documents: keep ? 'keep' : 'remove' },
    })
    this.log(`Removed ${name}${keep ? '' : ` and deleted ${count(reply.removed, 'document')}`}.`)
    return reply
  }
}

import { string } from '@oclif/core/args'
import { string as stringFlag } from '@oclif/core/flags'
import { onInterrupt } from '../../src/terminal/interrupt.ts'
import { bytes } from '../../src/text/amounts.ts'
import { ChatbotCommand } from '../common/command.ts'

export default class ModelsImport extends ChatbotCommand {
  static override summary = 'Import a model from a folder or an archive, for hosts without a network.'
  static override description =
    'The source has the layout of the hub (config.json, tokenizer.json, onnx/…), or is a `models--org--name` folder of a hub cache, whose checksums are verified; or a tar archive (.tar, .tar.gz, .tgz) of either. The model is test-loaded before it counts as installed.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> ./my-model --name me/my-model',
    {
      description: 'From a machine with network access',
      command:
        'tar czf e5.tgz -C ~/.cache/huggingface/hub models--Xenova--multilingual-e5-small && <%= config.bin %> <%= command.id %> e5.tgz',
    },
  ]
  static override args = {
    source: string({ required: true, ignoreStdin: true, description: 'folder or tar archive' }),
  }
  static override flags = {
    name: stringFlag({
      helpValue: 'ORG/NAME',
      summary: 'Its name; default: the one in the hub cache, otherwise local/ and the name of the source.',
    }),
  }

  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ModelsImport)
    const { config } = await this.settings(flags)
    const { importModel } = await import('../../models/hub/import.ts')
    const interrupt = this.own(onInterrupt())
    const imported = await importModel({
      source: args.source,
      name: flags.name,
      cacheDir: config.models.cacheDir,
      provider: config.models.executionProvider,
      signal: interrupt.first,
      onWait: () => this.talk('Another command is using this model; waiting for it…'),
    })
    this.log(
      `Imported ${imported.name} (${imported.role}, ${imported.variants.join(', ')}, ${bytes(imported.bytes)}).\nUse it: chatbot models use ${imported.name}`,
    )
    return imported
  }
}

import { fields } from '../../src/terminal/table.ts'
import { bytes } from '../../src/text/amounts.ts'
import { ChatbotCommand } from '../common/command.ts'
import { anyModel } from '../common/model-args.ts'

export default class ModelsShow extends ChatbotCommand {
  static override summary = 'Show a model: its use, its files and their location.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> Xenova/bge-small-en-v1.5',
    '<%= config.bin %> <%= command.id %> builtin',
    '<%= config.bin %> <%= command.id %> /srv/models/my-model',
  ]
  static override args = anyModel

  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ModelsShow)
    const { config } = await this.settings(flags)
    const [{ describeInstalled }, { catalogEntry }] = await Promise.all([
      import('../../models/installed.ts'),
      import('../../models/catalog.ts'),
    ])
    const known = catalogEntry(args.model)
    try {
      const model = await describeInstalled(args.model, config.models.cacheDir)
      const licence = model.licence ?? known?.licence ?? null
      const { checksums, ...shown } = model
      this.log(
        fields([
          ['Model', model.name],
          ['Kind', model.role],
          ['Licence', licence ?? 'not stated'],
          ['Folder', model.folder],
          ['Network', model.onnx],
          ...usage(model),
          ['Identity', model.fingerprint],
          ...Object.entries(checksums).map(([file, sum]): [string, string] => [file, sum]),
        ]),
      )
      return { ...shown, licence, checksums, installed: true }
    } catch (thrown) {
      if (
        known === undefined ||
        !(thrown instanceof Error && 'code' in thrown && thrown.code === 'unknown_model')
      )
        throw thrown
      this.log(
        fields([
          ['Model', known.name],
          ['Kind', known.role],
          ['Licence', known.licence],
          ['Size', `about ${bytes(known.megabytes * 1e6)}`],
          ['Languages', known.languages.join(', ')],
          ['Tokens', String(known.tokens)],
          ['About', known.about],
          ['Installed', `no: chatbot models pull ${known.name}`],
        ]),
      )
      return { ...known, installed: false }
    }
  }
}

type Described = Awaited<ReturnType<typeof import('../../models/installed.ts').describeInstalled>>

function usage(model: Described): [label: string, value: string][] {
  switch (model.role) {
    case 'embedder':
      return [
        ['Dimensions', String(model.dimensions)],
        ['Longest input', `${model.maxTokens} tokens`],
        ['Pooling', model.pooling],
        ['Question prefix', JSON.stringify(model.prefixes.query)],
        ['Passage prefix', JSON.stringify(model.prefixes.passage)],
      ]
    case 'reranker':
      return [
        ['Longest input', `${model.maxTokens} tokens`],
        ['Languages', model.languages.join(', ')],
      ]
    case 'generator':
      return [['Context', `${model.contextTokens} tokens`]]
  }
}

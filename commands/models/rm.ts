import { ChatbotError } from '../../src/domain/errors.ts'
import { confirm } from '../../src/terminal/confirm.ts'
import { onInterrupt } from '../../src/terminal/interrupt.ts'
import { bytes } from '../../src/text/amounts.ts'
import { ChatbotCommand } from '../common/command.ts'
import { yes } from '../common/flags.ts'
import { hubModel } from '../common/model-args.ts'

export default class ModelsRm extends ChatbotCommand {
  static override summary = 'Delete a pulled model, or a revision or variant of it.'
  static override description =
    'A running daemon keeps its loaded models until it stops. Models are shared with other tools that use the hub’s cache.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> Xenova/bge-small-en-v1.5 --yes',
    '<%= config.bin %> <%= command.id %> Xenova/bge-small-en-v1.5:fp16',
  ]
  static override args = hubModel
  static override flags = yes

  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ModelsRm)
    const { config } = await this.settings(flags)
    const [{ parseReference }, { cachedModels, removeFromCache }] = await Promise.all([
      import('../../models/reference.ts'),
      import('../../models/hub/cache.ts'),
    ])
    const reference = parseReference(args.model)
    if (reference.type !== 'hub')
      throw new ChatbotError('bad_request', `\`${args.model}\` was not pulled, so it cannot be deleted.`)
    const { cacheDir } = config.models
    const found = (await cachedModels(cacheDir)).some(({ name }) => name === reference.repository)
    const settings = [
      ['embedder.model', config.embedder.model],
      ['reranker.model', config.reranker.model],
      ...Object.entries(config.engines)
        .filter(([, { kind }]) => kind === 'local')
        .map(([name, { model }]) => [`engines.${name}.model`, model]),
    ]
    const used = settings
      .filter(([, model]) => model === args.model)
      .map(([key]) => ` The setting ${key} refers to it.`)
      .join('')
    if (found) await confirm(`This deletes ${args.model} from ${cacheDir}.${used}`, flags.yes)
    const interrupt = this.own(onInterrupt())
    const freed = await removeFromCache(cacheDir, reference.repository, {
      ...reference,
      signal: interrupt.first,
      onWait: () => this.talk('Another command is using this model; waiting for it…'),
    })
    if (freed === 0)
      throw new ChatbotError(
        'unknown_model',
        `The model ${args.model} is not installed. \`chatbot models list --installed\` shows those that are.`,
      )
    this.log(`Deleted ${args.model}, ${bytes(freed)}.`)
    return { model: args.model, bytes: freed }
  }
}

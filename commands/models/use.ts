import { ChatbotCommand } from '../common/command.ts'
import { anyModel } from '../common/model-args.ts'

export default class ModelsUse extends ChatbotCommand {
  static override summary = 'Use a model.'
  static override description =
    'Sets `reranker.model` for a reranker, the answering engine `local` for a generator, and `embedder.model`, for new collections, for an embedder. Existing collections keep their model until their index is rebuilt.'
  static override examples = ['<%= config.bin %> <%= command.id %> Xenova/ms-marco-MiniLM-L-6-v2']
  static override args = anyModel

  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ModelsUse)
    const { config } = await this.settings(flags)
    const { describeInstalled } = await import('../../models/installed.ts')
    const { role } = await describeInstalled(args.model, config.models.cacheDir)
    const { editUserConfig } = await import('../../src/config/edit.ts')
    const { runningOwner } = await import('../../src/config/data-dir.ts')
    const next =
      runningOwner(config.dataDir) === undefined
        ? 'The next command uses it.'
        : 'To apply it to the running daemon: chatbot restart'
    if (role === 'generator') {
      const entries = new Map([
        ['engines.local.kind', 'local'],
        ['engines.local.model', args.model],
        ['answer.engine', 'local'],
      ])
      const path = editUserConfig(process.env, entries)
      this.log(`Wrote ${path}: the engine \`local\` answers. ${next}`)
      return { model: args.model, role, path, keys: [...entries.keys()] }
    }
    const key = `${role}.model`
    const path = editUserConfig(process.env, new Map([[key, args.model]]))
    this.log(`Wrote ${key} to ${path}. ${next}`)
    if (role === 'embedder')
      this.log(
        `New collections are indexed with it. For an existing one: chatbot index rebuild --collection NAME --model ${args.model}`,
      )
    return { model: args.model, role, path, keys: [key] }
  }
}

import { string } from '@oclif/core/args'
import { ChatbotError, type ErrorBody } from '../../src/domain/errors.ts'
import { ChatbotCommand } from '../common/command.ts'

export default class ModelsVerify extends ChatbotCommand {
  static override summary = 'Check that models match their checksums, load and work.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> Xenova/bge-small-en-v1.5',
  ]
  static override args = {
    model: string({
      ignoreStdin: true,
      description: 'builtin, org/name[@revision][:variant], or a folder; default: all installed ones',
    }),
  }

  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ModelsVerify)
    const { config } = await this.settings(flags)
    const { cacheDir, executionProvider } = config.models
    const [{ checkModel }, { cachedModels }, { describeInstalled }] = await Promise.all([
      import('../../models/check.ts'),
      import('../../models/hub/cache.ts'),
      import('../../models/installed.ts'),
    ])
    const all = async () =>
      (await cachedModels(cacheDir)).flatMap(({ name, commit, variants }) =>
        variants.map((variant) => `${name}@${commit}:${variant}`),
      )
    const references = args.model === undefined ? ['builtin', ...(await all())] : [args.model]
    const results: { model: string; error: ErrorBody | null }[] = []
    for (const model of references) {
      try {
        const { role } = await describeInstalled(model, cacheDir)
        await checkModel(model, role, cacheDir, executionProvider)
        results.push({ model, error: null })
        this.log(`${model}: works, checksums match`)
      } catch (thrown) {
        const error = ChatbotError.wrap(thrown)
        if (args.model !== undefined) throw error
        results.push({ model, error: error.inFull() })
        this.log(`${model}: ${error.fullMessage}`)
      }
    }
    const failed = results.filter(({ error }) => error !== null).length
    if (failed > 0)
      throw new ChatbotError(
        'model_corrupt',
        `${failed} of ${results.length} models do not work. \`chatbot models pull\` repairs one, \`chatbot models rm\` deletes it.`,
      )
    return { models: results }
  }
}

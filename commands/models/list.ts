import { boolean, option } from '@oclif/core/flags'
import { languageName } from '../../src/domain/language.ts'
import { table } from '../../src/terminal/table.ts'
import { bytes } from '../../src/text/amounts.ts'
import { ChatbotCommand } from '../common/command.ts'

const ROLES = ['embedder', 'reranker', 'generator'] as const

export default class ModelsList extends ChatbotCommand {
  static override summary = 'List tested and installed models.'
  static override description =
    'Embedders turn texts into vectors, rerankers sort search results, generators write answers. Sizes of models that are not installed are approximate.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --installed',
    '<%= config.bin %> <%= command.id %> --role reranker',
  ]
  static override flags = {
    installed: boolean({ summary: 'Only models on this machine.' }),
    role: option({ options: ROLES })({ summary: 'Only models of this kind.' }),
  }

  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    const { flags } = await this.parse(ModelsList)
    const { config } = await this.settings(flags)
    const [{ builtinModel }, { CATALOG, catalogEntry }, { cachedModels }] = await Promise.all([
      import('../../models/builtin.ts'),
      import('../../models/catalog.ts'),
      import('../../models/hub/cache.ts'),
    ])
    const { cacheDir } = config.models
    const cached = await cachedModels(cacheDir)
    const installed = cached.map(({ name, role, bytes: size, card, commit, revisions, variants }) => {
      const known = catalogEntry(name)
      return {
        name,
        role,
        bytes: size,
        languages: known?.languages ?? card.language,
        tokens: known?.tokens ?? null,
        licence: card.license[0] ?? known?.licence ?? null,
        about: known?.about ?? '',
        installed: { commit, revisions, variants },
      }
    })
    const others = CATALOG.filter(({ name }) => !cached.some((model) => model.name === name)).map(
      ({ megabytes, ...entry }) => ({ ...entry, bytes: megabytes * 1e6, installed: null }),
    )
    const models = [...installed, ...(flags.installed ? [] : others)]
      .filter(({ role }) => flags.role === undefined || role === flags.role)
      .toSorted((a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role) || a.bytes - b.bytes)
    if (models.length === 0) {
      this.log(`Nothing is installed in ${cacheDir}. chatbot models list shows the available models.`)
      return { cacheDir, models }
    }
    this.log(
      table(
        [
          { title: 'Model' },
          { title: 'Kind' },
          { title: 'Size', right: true },
          { title: 'Tokens', right: true },
          { title: 'Languages' },
          { title: 'Licence' },
          { title: 'Installed' },
          { title: 'About' },
        ],
        models.map((model) => [
          model.name,
          model.role,
          bytes(model.bytes),
          model.tokens === null ? '' : String(model.tokens),
          model.languages.join(', '),
          model.licence ?? '',
          model.installed === null ? '' : model.installed.variants.join(', '),
          model.about,
        ]),
      ),
    )
    const languages = builtinModel().languages.map(languageName).join(', ')
    this.log(`\nThe built-in embedder (${languages}) is \`builtin\`. Models are kept in ${cacheDir}.`)
    return { cacheDir, models }
  }
}

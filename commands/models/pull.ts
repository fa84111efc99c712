import { boolean, string as stringFlag } from '@oclif/core/flags'
import { ChatbotError } from '../../src/domain/errors.ts'
import { confirm } from '../../src/terminal/confirm.ts'
import { onInterrupt } from '../../src/terminal/interrupt.ts'
import { TransferReport } from '../../src/terminal/transfer.ts'
import { bytes, count, duration } from '../../src/text/amounts.ts'
import { ChatbotCommand } from '../common/command.ts'
import { hubModel } from '../common/model-args.ts'

export default class ModelsPull extends ChatbotCommand {
  static override summary = 'Download a model from the model hub.'
  static override description =
    'Works with any repository with an ONNX export: those of `chatbot models list`, or others by name. Downloads only the needed files, into the cache of the hub’s own tools (HF_HUB_CACHE, HF_HOME), and verifies them with the hub’s checksums. Pulling again resumes an interrupted download and repairs a damaged model. HF_ENDPOINT selects a mirror, HF_TOKEN gives access to private and gated models, HTTPS_PROXY and NO_PROXY are respected.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> Xenova/bge-small-en-v1.5',
    {
      description: 'A specific variant of a specific revision',
      command: '<%= config.bin %> <%= command.id %> Xenova/multilingual-e5-small@main:fp16',
    },
  ]
  static override args = hubModel
  static override flags = {
    variant: stringFlag({
      helpValue: 'NAME',
      summary: 'Variant of the network: q8, fp32, fp16, q4, …; default: the fastest. Same as `:variant`.',
    }),
    'accept-licence': boolean({ summary: 'Accept a licence that is not open, or not stated.' }),
  }

  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ModelsPull)
    const { config } = await this.settings(flags)
    const [{ parseReference }, { pull }, { hubSettings }, { catalogEntry, isOpenLicence }] =
      await Promise.all([
        import('../../models/reference.ts'),
        import('../../models/hub/pull.ts'),
        import('../../models/hub/client.ts'),
        import('../../models/catalog.ts'),
      ])
    const reference = parseReference(args.model)
    if (reference.type !== 'hub')
      throw new ChatbotError(
        'bad_request',
        `\`${args.model}\` is already on this machine: a pull needs org/name.`,
      )
    const name = catalogEntry(reference.repository)?.name ?? reference.repository
    const { cacheDir } = config.models
    const settings = hubSettings(process.env)
    const interrupt = this.own(onInterrupt())
    let report: TransferReport | undefined
    const started = performance.now()
    const pulled = await pull({
      name,
      revision: reference.revision,
      variant: flags.variant ?? reference.variant,
      cacheDir,
      settings,
      signal: interrupt.first,
      acceptLicence: async (stated) => {
        const licence = stated ?? catalogEntry(name)?.licence
        if (isOpenLicence(licence)) return
        const says = licence === undefined ? 'states no licence' : `is under the licence \`${licence}\``
        await confirm(`${name} ${says}: read ${settings.endpoint}/${name}.`, flags['accept-licence'], {
          flag: '--accept-licence',
          code: 'licence_not_accepted',
          refusal: 'Nothing was downloaded.',
        })
      },
      onStart: (start) => {
        const rest = start.have > 0 ? `, ${bytes(start.have)} of them already downloaded` : ''
        this.talk(`Fetching ${count(start.files, 'file')} of ${name}, ${bytes(start.bytes)}${rest}…`)
        if (!this.jsonEnabled()) report = this.own(new TransferReport(start.bytes, start.have))
      },
      onBytes: (delta) => report?.add(delta),
      onWait: () => this.talk(`Another command is using ${name}; waiting for it…`),
    })
    report?.[Symbol.dispose]()
    this.log(
      pulled.fetched
        ? `Pulled ${name} (${pulled.role}, ${pulled.variant}, ${bytes(pulled.bytes)}) in ${duration(performance.now() - started)}, checksums match.`
        : `${name} (${pulled.role}, ${pulled.variant}, ${bytes(pulled.bytes)}) is already installed, checksums match.`,
    )
    this.log(`Use it: chatbot models use ${args.model}`)
    return pulled
  }
}

import { string } from '@oclif/core/flags'
import { checkCluster, currentContext, releaseName } from '../../src/deploy/cluster.ts'
import { plan } from '../../src/deploy/helm.ts'
import { checkTool } from '../../src/deploy/tool.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import { confirm } from '../../src/terminal/confirm.ts'
import { dryRun, releaseFlags, rolloutFlags, settingsOf, valuesFlags } from '../common/deploy-flags.ts'
import { yes } from '../common/flags.ts'
import { ReleaseCommand } from '../common/release-command.ts'

export default class DeployHelm extends ReleaseCommand {
  static override summary = 'Install or upgrade the Helm chart on a cluster.'
  static override description =
    "Waits until all pods are ready; otherwise it reports those that fail with the reason, and rolls back an upgrade. Earlier settings are kept. Without --context it asks before it uses kubectl's current one."
  static override examples = [
    '<%= config.bin %> <%= command.id %> --context staging --image registry.example.com/chatbot:0.1.0',
    '<%= config.bin %> <%= command.id %> --context staging --values production.yaml --dry-run',
    '<%= config.bin %> <%= command.id %> --context staging --set replicaCount=4',
  ]
  static override flags = {
    ...dryRun,
    ...yes,
    context: string({ helpValue: 'NAME', summary: "kubectl's context." }),
    ...releaseFlags,
    image: string({ helpValue: 'NAME:TAG', summary: 'The image, in a registry that the cluster can reach.' }),
    ...valuesFlags,
    ...rolloutFlags,
  }

  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    const { flags } = await this.parse(DeployHelm)
    const loaded = await this.settings({ ...flags, context: undefined })
    const { namespace, release, timeout } = flags
    await checkTool('helm')
    const settings = {
      ...settingsOf(flags),
      image: flags.image === undefined ? undefined : imageOf(flags.image),
    }
    if (flags['dry-run'])
      return this.showPlan({ namespace, release }, settings, `${release} in namespace ${namespace}`)

    await checkTool('kubectl')
    const context = flags.context ?? (await currentContext())
    const place = { context, namespace, release }
    const server = await checkCluster(context)
    await plan(place, settings)
    if (flags.context === undefined)
      await confirm(`This deploys ${releaseName(place)}, kubectl's current one.`, flags.yes)
    this.talk(`Deploying ${releaseName(place)} (Kubernetes ${server})…`)
    return this.install({
      target: 'helm',
      place,
      settings,
      timeout,
      dataOf: flags['with-data'] ? loaded : undefined,
      ...this.progress(),
    })
  }
}

function imageOf(name: string): { repository: string; tag: string } {
  const [, repository, tag] = /^(.+):([\w][\w.-]{0,127})$/.exec(name) ?? []
  if (repository !== undefined && tag !== undefined) return { repository, tag }
  throw new ChatbotError(
    'bad_request',
    `--image takes NAME:TAG, such as registry.example.com/chatbot:0.1.0, not ${name}.`,
  )
}

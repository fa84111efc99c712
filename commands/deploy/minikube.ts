import { string } from '@oclif/core/flags'
import { checkCluster, releaseName } from '../../src/deploy/cluster.ts'
import { MINIKUBE_VALUES, plan } from '../../src/deploy/helm.ts'
import { buildContext, imageName } from '../../src/deploy/image.ts'
import { checkMinikube, putImage } from '../../src/deploy/minikube.ts'
import { checkTool } from '../../src/deploy/tool.ts'
import { dryRun, releaseFlags, rolloutFlags, settingsOf, valuesFlags } from '../common/deploy-flags.ts'
import { ReleaseCommand } from '../common/release-command.ts'

export default class DeployMinikube extends ReleaseCommand {
  static override summary = 'Deploy to Minikube: build the image, load it, and install the chart.'
  static override description =
    'Needs a running Minikube (`minikube start`), kubectl and helm. Waits until all pods are ready, and reports those that fail with the reason. Run it again after an upgrade or to change something.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {
      description: 'With the documents and conversations of this machine',
      command: '<%= config.bin %> <%= command.id %> --with-data',
    },
    '<%= config.bin %> <%= command.id %> --set replicaCount=2 --dry-run',
  ]
  static override flags = {
    ...dryRun,
    profile: string({
      char: 'p',
      default: 'minikube',
      helpValue: 'NAME',
      summary: "Minikube's profile, which is also kubectl's context.",
    }),
    ...releaseFlags,
    ...valuesFlags,
    ...rolloutFlags,
  }

  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    const { flags } = await this.parse(DeployMinikube)
    const loaded = await this.settings(flags)
    const { profile, namespace, release, timeout } = flags
    const place = { context: profile, namespace, release }
    await checkTool('helm')
    const context = this.own(buildContext())
    const given = settingsOf(flags)
    const settings = {
      set: given.set,
      files: [MINIKUBE_VALUES, ...given.files],
      image: { repository: context.repository, tag: context.tag },
    }
    if (flags['dry-run']) return this.showPlan(place, settings, releaseName(place))

    await checkTool('minikube')
    await checkTool('kubectl')
    await checkMinikube(profile)
    const server = await checkCluster(profile)
    await plan(place, settings)
    const progress = this.progress()
    await putImage(profile, context, progress)
    this.talk(`Deploying ${releaseName(place)} (Kubernetes ${server}) with ${imageName(context)}…`)
    const installed = await this.install({
      target: 'minikube',
      place,
      settings,
      timeout,
      dataOf: flags['with-data'] ? loaded : undefined,
      ...progress,
    })
    return { ...installed, image: imageName(context) }
  }
}

import { string } from '@oclif/core/flags'
import { checkCluster, placeName } from '../../src/deploy/cluster.ts'
import { MINIKUBE_VALUES, plan, rollOut } from '../../src/deploy/helm.ts'
import { imageName } from '../../src/deploy/image.ts'
import { checkMinikube, putImage } from '../../src/deploy/minikube.ts'
import { remember } from '../../src/deploy/state.ts'
import { checkTool } from '../../src/deploy/tool.ts'
import { ChatbotCommand } from '../common/command.ts'
import {
  addressOf,
  dryRun,
  insideOf,
  nextSteps,
  podLine,
  releaseFlags,
  rolloutFlags,
  settingsOf,
  valuesFlags,
} from '../common/deploy.ts'
import { onInterrupt } from '../common/interrupt.ts'
import { moveData } from '../common/move-data.ts'
import { tempFolder } from '../common/temp-folder.ts'

export default class DeployMinikube extends ChatbotCommand {
  static override summary = 'Run it on Minikube: build the image, put it there, install the chart.'
  static override description =
    'Needs a Minikube that runs (`minikube start`), kubectl and helm. Waits until all pods are ready; when they are not, says which and why. Run it again after an upgrade or to change something.'
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
    const { buildContext } = await import('../../src/deploy/image.ts')
    const context = this.own(buildContext())
    const given = settingsOf(flags)
    const settings = {
      set: given.set,
      files: [MINIKUBE_VALUES, ...given.files],
      image: { repository: context.repository, tag: context.tag },
    }
    if (flags['dry-run']) {
      const manifests = await plan(place, settings)
      this.log(manifests.trimEnd())
      this.talk(`Nothing was changed: this is what ${placeName(place)} would be.`)
      return { dryRun: true, manifests }
    }

    await checkTool('minikube')
    await checkTool('kubectl')
    await checkMinikube(profile)
    const server = await checkCluster(profile)
    await plan(place, settings)
    const interrupt = this.own(onInterrupt())
    const progress = { signal: interrupt.first, onProgress: (message: string) => this.talk(message) }
    await putImage(profile, context, progress)
    this.talk(`Deploying ${placeName(place)} (Kubernetes ${server}) with ${imageName(context)}…`)
    const { revision } = await rollOut({
      place,
      settings,
      timeout,
      ...progress,
      onPod: (pod) => this.talk(podLine(pod)),
    })
    remember(process.env, { target: 'minikube', ...place })
    const moved = flags['with-data']
      ? await moveData(await this.api(loaded), place, { ...progress, folder: this.own(tempFolder()).path })
      : undefined
    const address = await addressOf(place, true)
    this.log(
      `${placeName(place)} is ready, revision ${revision}${address.forward === undefined ? `: ${address.url}` : ''}\n`,
    )
    this.log(nextSteps(address, await insideOf(place)))
    this.log('\n  chatbot deploy status | logs | rollback | down')
    return { ...place, revision, image: imageName(context), ...address, moved }
  }
}

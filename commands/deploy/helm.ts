import { string } from '@oclif/core/flags'
import { checkCluster, currentContext, placeName } from '../../src/deploy/cluster.ts'
import { plan, rollOut } from '../../src/deploy/helm.ts'
import { remember } from '../../src/deploy/state.ts'
import { checkTool } from '../../src/deploy/tool.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import { ChatbotCommand } from '../common/command.ts'
import { confirm } from '../common/confirm.ts'
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
import { yes } from '../common/flags.ts'
import { onInterrupt } from '../common/interrupt.ts'
import { moveData } from '../common/move-data.ts'
import { tempFolder } from '../common/temp-folder.ts'

export default class DeployHelm extends ChatbotCommand {
  static override summary = 'Install or upgrade the Helm chart on a cluster.'
  static override description =
    "Waits until all pods are ready; when they are not, says which and why, and rolls an upgrade back. What earlier runs set stays. Without --context it asks before it touches kubectl's current one."
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
    image: string({ helpValue: 'NAME:TAG', summary: 'The image, in a registry that the cluster reads.' }),
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
    if (flags['dry-run']) {
      const manifests = await plan({ namespace, release }, settings)
      this.log(manifests.trimEnd())
      this.talk(`Nothing was changed: this is what ${release} in namespace ${namespace} would be.`)
      return { dryRun: true, manifests }
    }

    await checkTool('kubectl')
    const context = flags.context ?? (await currentContext())
    const place = { context, namespace, release }
    const server = await checkCluster(context)
    await plan(place, settings)
    if (flags.context === undefined)
      await confirm(`This deploys ${placeName(place)}, kubectl's current one.`, flags.yes)
    this.talk(`Deploying ${placeName(place)} (Kubernetes ${server})…`)
    const interrupt = this.own(onInterrupt())
    const progress = { signal: interrupt.first, onProgress: (message: string) => this.talk(message) }
    const { revision } = await rollOut({
      place,
      settings,
      timeout,
      ...progress,
      onPod: (pod) => this.talk(podLine(pod)),
    })
    remember(process.env, { target: 'helm', ...place })
    const moved = flags['with-data']
      ? await moveData(await this.api(loaded), place, { ...progress, folder: this.own(tempFolder()).path })
      : undefined
    const address = await addressOf(place, false)
    this.log(`${placeName(place)} is ready, revision ${revision}.\n`)
    this.log(nextSteps(address, await insideOf(place)))
    this.log('\n  chatbot deploy status | logs | rollback | down')
    return { ...place, revision, ...address, moved }
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

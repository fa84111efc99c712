import { tempFolder } from '../../src/client/files/temp-folder.ts'
import type { LoadedConfig } from '../../src/config/load.ts'
import { type Address, addressOf, insideOf } from '../../src/deploy/address.ts'
import { type ReleaseLocation, releaseName } from '../../src/deploy/cluster.ts'
import { plan, rollOut, type Settings } from '../../src/deploy/helm.ts'
import { moveData } from '../../src/deploy/move-data.ts'
import { remember } from '../../src/deploy/state.ts'
import { onInterrupt } from '../../src/terminal/interrupt.ts'
import { ChatbotCommand } from './command.ts'
import { nextSteps, podLine } from './deploy-output.ts'

export interface ReleaseProgress {
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal
  onProgress: (message: string) => void
}

interface Installation extends ReleaseProgress {
  readonly target: 'helm' | 'minikube'
  readonly place: ReleaseLocation
  readonly settings: Settings
  /** In Helm's format: `10m`. */
  readonly timeout: string
  /** The settings of the local daemon if its data are to be copied. */
  readonly dataOf: LoadedConfig | undefined
}

/** Base of the commands that install the chart on a cluster. */
export abstract class ReleaseCommand extends ChatbotCommand {
  /** The output of --dry-run; `where` names the target for people. */
  protected async showPlan(
    place: Pick<ReleaseLocation, 'namespace' | 'release'>,
    settings: Settings,
    where: string,
  ) {
    const manifests = await plan(place, settings)
    this.log(manifests.trimEnd())
    this.talk(`Nothing was changed: these are the planned manifests of ${where}.`)
    return { dryRun: true, manifests }
  }

  protected progress(): ReleaseProgress {
    const { first } = this.own(onInterrupt())
    return { signal: first, onProgress: (message) => this.talk(message) }
  }

  /** Rolls out, waits until it is ready, copies the data, and prints how to reach it. */
  protected async install({
    target,
    place,
    settings,
    timeout,
    dataOf,
    ...progress
  }: Installation): Promise<
    ReleaseLocation & Address & { readonly revision: number; readonly moved: unknown }
  > {
    const { revision } = await rollOut({
      place,
      settings,
      timeout,
      ...progress,
      onPod: (pod) => this.talk(podLine(pod)),
    })
    remember(process.env, { target, ...place })
    const moved =
      dataOf === undefined
        ? undefined
        : await moveData(await this.api(dataOf), place, {
            ...progress,
            folder: this.own(tempFolder()).path,
          })
    const address = await addressOf(place, target === 'minikube')
    const reached = address.forward === undefined ? `: ${address.url}` : ''
    this.log(`${releaseName(place)} is ready, revision ${revision}${reached}\n`)
    this.log(nextSteps(address, await insideOf(place)))
    this.log('\n  chatbot deploy status | logs | rollback | down')
    return { ...place, revision, ...address, moved }
  }
}

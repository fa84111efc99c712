import { addressOf } from '../../src/deploy/address.ts'
import { chosenDeployment } from '../../src/deploy/chosen.ts'
import { checkCluster, podsOf, releaseName } from '../../src/deploy/cluster.ts'
import { composeProject, containers } from '../../src/deploy/compose.ts'
import { history } from '../../src/deploy/helm.ts'
import { containerEngine } from '../../src/deploy/tool.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import { table } from '../../src/terminal/table.ts'
import { ChatbotCommand } from '../common/command.ts'
import { targetFlags } from '../common/deploy-flags.ts'

export default class DeployStatus extends ChatbotCommand {
  static override summary = 'Show the status of a deployment. Exit status 1 if something is not ready.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --target helm --context staging',
  ]
  static override flags = targetFlags

  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    const { flags } = await this.parse(DeployStatus)
    await this.settings({ ...flags, context: undefined })
    const target = await chosenDeployment(flags)
    if (target.target === 'compose') {
      const all = await containers(composeProject(await containerEngine(), process.env))
      if (all.length === 0)
        throw new ChatbotError(
          'not_found',
          'The compose project chatbot has no containers. Start it: chatbot deploy compose',
        )
      const ready = all.every(
        ({ State, Health }) => State === 'running' && (Health === '' || Health === 'healthy'),
      )
      this.log(`The compose project chatbot is ${ready ? 'ready' : 'not ready'}.\n`)
      this.log(
        table(
          [{ title: 'Container' }, { title: 'Image' }, { title: 'State' }],
          all.map(({ Name, Image, State, Health }) => [Name, Image, Health || State]),
        ),
      )
      if (!ready) process.exitCode = 1
      return { target: 'compose', ready, containers: all }
    }
    await checkCluster(target.context)
    const revision = (await history(target)).at(-1)
    if (revision === undefined) throw new ChatbotError('not_found', `There is no ${releaseName(target)}.`)
    const pods = await podsOf(target)
    const ready =
      revision.status === 'deployed' && pods.every(({ ready, state }) => ready || state === 'Completed')
    const address = await addressOf(target, target.target === 'minikube')
    this.log(
      `${releaseName(target)} is ${ready ? 'ready' : 'not ready'}: revision ${revision.revision}, ${revision.chart}, ${revision.status}.`,
    )
    this.log(address.forward === undefined ? `${address.url}\n` : `${address.forward}\n`)
    this.log(
      table(
        [
          { title: 'Pod' },
          { title: 'Image' },
          { title: 'State' },
          { title: 'Restarts', right: true },
          { title: 'Detail' },
        ],
        pods.map(({ name, image, state, restarts, detail }) => [
          name,
          image,
          state,
          String(restarts),
          detail,
        ]),
      ),
    )
    if (!ready) process.exitCode = 1
    return { ...target, ready, revision, pods, ...address }
  }
}

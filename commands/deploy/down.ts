import { rmSync } from 'node:fs'
import { boolean } from '@oclif/core/flags'
import { chosenDeployment } from '../../src/deploy/chosen.ts'
import { checkCluster, kubectl, releaseName } from '../../src/deploy/cluster.ts'
import { composeProject } from '../../src/deploy/compose.ts'
import { uninstall } from '../../src/deploy/helm.ts'
import { forget } from '../../src/deploy/state.ts'
import { containerEngine, output } from '../../src/deploy/tool.ts'
import { confirm } from '../../src/terminal/confirm.ts'
import { ChatbotCommand } from '../common/command.ts'
import { targetFlags } from '../common/deploy-flags.ts'
import { yes } from '../common/flags.ts'

export default class DeployDown extends ChatbotCommand {
  static override summary = 'Remove a deployment. Volumes with data are kept by default.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --delete-data',
  ]
  static override flags = {
    ...targetFlags,
    ...yes,
    'delete-data': boolean({
      summary: 'Delete the volumes and passwords too: documents, index, conversations, users.',
    }),
  }

  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    const { flags } = await this.parse(DeployDown)
    await this.settings({ ...flags, context: undefined })
    const target = await chosenDeployment(flags)
    const data = flags['delete-data']
    const where = target.target === 'compose' ? 'the compose project chatbot' : releaseName(target)
    await confirm(`This removes ${where}${data ? ' WITH ALL ITS DATA' : ''}.`, flags.yes)
    if (target.target === 'compose') {
      const project = composeProject(await containerEngine(), process.env)
      // Services of every profile, whichever was used last.
      await project.output(['--profile', '*', 'down', '--remove-orphans', ...(data ? ['--volumes'] : [])])
      if (data) rmSync(project.folder, { recursive: true, force: true })
    } else {
      await checkCluster(target.context)
      await uninstall(target)
      if (data) {
        const selector = ['--selector', `app.kubernetes.io/instance=${target.release}`]
        await output(
          'kubectl',
          kubectl(target, 'delete', 'persistentvolumeclaims,secrets', ...selector, '--ignore-not-found'),
        )
      }
    }
    forget(process.env)
    this.log(`Removed ${where}${data ? ' and its data' : '; its data is kept for the next deployment'}.`)
    return { ...target, deletedData: data }
  }
}

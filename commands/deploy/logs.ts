import { boolean, integer } from '@oclif/core/flags'
import { chosenDeployment } from '../../src/deploy/chosen.ts'
import { checkCluster, kubectl } from '../../src/deploy/cluster.ts'
import { composeProject } from '../../src/deploy/compose.ts'
import { containerEngine, failed, run } from '../../src/deploy/tool.ts'
import { ChatbotCommand } from '../common/command.ts'
import { targetFlags } from '../common/deploy-flags.ts'

export default class DeployLogs extends ChatbotCommand {
  static override enableJsonFlag = false
  static override summary = 'Show the logs of the deployed daemons.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --follow --tail 10',
  ]
  static override flags = {
    ...targetFlags,
    follow: boolean({ char: 'f', summary: 'Follow new lines until Ctrl-C.' }),
    tail: integer({ default: 100, min: 0, helpValue: 'LINES', summary: 'Existing lines to show of each.' }),
  }

  protected override readonly localOnly = true

  async run(): Promise<void> {
    const { flags } = await this.parse(DeployLogs)
    await this.settings({ ...flags, context: undefined })
    const target = await chosenDeployment(flags)
    const tail = ['--tail', String(flags.tail), ...(flags.follow ? ['--follow'] : [])]
    if (target.target === 'compose') {
      const engine = await containerEngine()
      const shown = await composeProject(engine, process.env).run(['logs', ...tail, 'chatbot'], {
        inherit: true,
      })
      if (shown.code !== 0) throw failed(engine, ['compose', 'logs'], shown)
      return
    }
    await checkCluster(target.context)
    const selector = `app.kubernetes.io/instance=${target.release},app.kubernetes.io/component=daemon`
    const shown = await run('kubectl', kubectl(target, 'logs', '--selector', selector, '--prefix', ...tail), {
      inherit: true,
    })
    if (shown.code !== 0) throw failed('kubectl', ['logs'], shown)
  }
}

import { integer } from '@oclif/core/flags'
import { chosenDeployment, notCompose } from '../../src/deploy/chosen.ts'
import { checkCluster, releaseName } from '../../src/deploy/cluster.ts'
import { rollBack } from '../../src/deploy/helm.ts'
import { confirm } from '../../src/terminal/confirm.ts'
import { ChatbotCommand } from '../common/command.ts'
import { rolloutFlags, targetFlags } from '../common/deploy-flags.ts'
import { yes } from '../common/flags.ts'

export default class DeployRollback extends ChatbotCommand {
  static override summary = 'Go back to an earlier revision of a release.'
  static override description =
    'The database keeps its schema; older versions may refuse it (database_newer).'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --revision 3',
  ]
  static override flags = {
    ...targetFlags,
    ...yes,
    revision: integer({
      min: 1,
      helpValue: 'N',
      summary: 'Revision to go back to; default: the previous one.',
    }),
    timeout: rolloutFlags.timeout,
  }

  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    const { flags } = await this.parse(DeployRollback)
    await this.settings({ ...flags, context: undefined })
    const place = notCompose(await chosenDeployment(flags))
    await checkCluster(place.context)
    await confirm(
      `This rolls ${releaseName(place)} back to ${flags.revision === undefined ? 'the previous revision' : `revision ${flags.revision}`}.`,
      flags.yes,
    )
    const revision = await rollBack(place, flags.revision, flags.timeout)
    this.log(`${releaseName(place)} is back at revision ${revision}.`)
    return { ...place, revision }
  }
}

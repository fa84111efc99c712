import { integer, string } from '@oclif/core/flags'
import { chosenDeployment, notCompose } from '../../src/deploy/chosen.ts'
import { checkCluster, releaseName } from '../../src/deploy/cluster.ts'
import { rollBack } from '../../src/deploy/helm.ts'
import { confirm } from '../../src/terminal/confirm.ts'
import { ChatbotCommand } from '../common/command.ts'
import { targetFlags } from '../common/deploy-flags.ts'
import { yes } from '../common/flags.ts'

export default class DeployRollback extends ChatbotCommand {
  static override summary = 'Go back to an earlier revision of a release.'
  static override description =
    'The database keeps its schema: a version older than it refuses it (database_newer).'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --revision 3',
  ]
  static override flags = {
    ...targetFlags,
    ...yes,
    revision: integer({ min: 1, helpValue: 'N', summary: 'To this one; without it to the one before.' }),
    timeout: string({ default: '10m', helpValue: 'TIME', summary: 'Longest wait until all is ready.' }),
  }

  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    const { flags } = await this.parse(DeployRollback)
    await this.settings({ ...flags, context: undefined })
    const place = notCompose(await chosenDeployment(flags))
    await checkCluster(place.context)
    await confirm(
      `This rolls ${releaseName(place)} back to ${flags.revision === undefined ? 'the revision before' : `revision ${flags.revision}`}.`,
      flags.yes,
    )
    const revision = await rollBack(place, flags.revision, flags.timeout)
    this.log(`${releaseName(place)} is as it was in revision ${revision}.`)
    return { ...place, revision }
  }
}

import { integer } from '@oclif/core/flags'
import { time } from '../../src/terminal/time.ts'
import { ChatbotCommand } from '../common/command.ts'
import { progressOf, stateOf } from '../common/job.ts'

export default class JobsList extends ChatbotCommand {
  static override summary = 'List background jobs, latest first.'
  static override description = 'Finished jobs are kept for a week.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ]
  static override flags = {
    limit: integer({ char: 'n', min: 1, max: 1000, default: 20, summary: 'Number of jobs.' }),
  }

  async run(): Promise<unknown> {
    const { flags } = await this.parse(JobsList)
    const api = await this.api(await this.settings(flags))
    const { jobs } = await api.call('listJobs', { query: { limit: flags.limit } })
    if (jobs.length === 0) {
      this.log('No jobs. `chatbot ingest` creates one.')
      return { jobs }
    }
    const { table } = await import('../../src/terminal/table.ts')
    this.log(
      table(
        [
          { title: 'Id' },
          { title: 'Begun' },
          { title: 'Kind' },
          { title: 'Collection' },
          { title: 'State' },
          { title: 'Progress' },
        ],
        jobs.map((job) => [
          job.id.slice(0, 8),
          time(job.createdAt),
          job.kind,
          job.collection,
          stateOf(job),
          progressOf(job),
        ]),
      ),
    )
    return { jobs }
  }
}

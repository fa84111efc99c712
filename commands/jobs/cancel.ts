import { ChatbotCommand } from '../common/command.ts'
import { jobArgument, progressOf } from '../common/job.ts'

export default class JobsCancel extends ChatbotCommand {
  static override summary = 'Cancel a job. Indexed documents are kept; the rest is discarded.'
  static override examples = ['<%= config.bin %> <%= command.id %> 3f2a9c1e']
  static override args = jobArgument

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(JobsCancel)
    const api = await this.api(await this.settings(flags))
    const job = await api.call('cancelJob', { params: { id: args.job } })
    this.log(`Cancelled ${job.id.slice(0, 8)} after ${progressOf(job)}.`)
    return job
  }
}

import { ChatbotCommand } from '../common/command.ts'
import { jobArgument } from '../common/job.ts'

export default class JobsRetry extends ChatbotCommand {
  static override summary = 'Resume a failed job.'
  static override examples = ['<%= config.bin %> <%= command.id %> 3f2a9c1e']
  static override args = jobArgument

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(JobsRetry)
    const api = await this.api(await this.settings(flags))
    const job = await api.call('retryJob', { params: { id: args.job } })
    this.log(`It continues: chatbot jobs show ${job.id.slice(0, 8)} --follow`)
    return job
  }
}

import { boolean } from '@oclif/core/flags'
import type { ApiClient } from '../../src/client/api.ts'
import type { JobDocumentResult, JobStatus } from '../../src/client/sync/run.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import { time } from '../../src/terminal/time.ts'
import { ChatbotCommand } from '../common/command.ts'
import { failureLine } from '../common/ingest-summary.ts'
import { failureOf, jobArgument, progressOf, stateOf } from '../common/job.ts'
import { watchJob } from '../common/watch-job.ts'

const DOCUMENTS_PER_PAGE = 1000

export default class JobsShow extends ChatbotCommand {
  static override summary = 'Show the progress of a job, and failed documents with reasons.'
  static override description =
    'With --follow, Ctrl-C stops watching, not the job. Exit status 8 if documents failed, 1 if the job failed.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 3f2a9c1e',
    '<%= config.bin %> <%= command.id %> 3f2a9c1e --follow',
  ]
  static override args = jobArgument
  static override flags = {
    follow: boolean({ char: 'f', summary: 'Follow the progress until it has ended.' }),
  }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(JobsShow)
    const api = await this.api(await this.settings(flags))
    const first = await api.call('getJob', { params: { id: args.job } })
    const job =
      flags.follow && first.state === 'running'
        ? await watchJob(api, first, { quiet: this.jsonEnabled() })
        : first
    const failures = await failed(api, job.id)
    const { fields } = await import('../../src/terminal/table.ts')
    this.log(fields(lines(job)))
    for (const failure of failures) this.log(`  ${failureLine(failureOf(failure))}`)
    if (flags.follow && job.state !== 'running') process.exitCode = exitCodeOf(job)
    return { ...job, failures }
  }
}

async function failed(api: ApiClient, id: string): Promise<JobDocumentResult[]> {
  const found: JobDocumentResult[] = []
  for (;;) {
    const query = { state: 'failed', limit: DOCUMENTS_PER_PAGE, after: found.at(-1)?.id } as const
    const { documents } = await api.call('listJobDocuments', { params: { id }, query })
    found.push(...documents)
    if (documents.length < DOCUMENTS_PER_PAGE) return found
  }
}

function exitCodeOf({ state, failed: failures, documents, errorCode }: JobStatus): number {
  if (state === 'cancelled') return new ChatbotError('cancelled', '').exitCode
  if (state === 'failed') return new ChatbotError(errorCode ?? 'internal', '').exitCode
  if (failures === 0) return 0
  return new ChatbotError(failures === documents ? 'internal' : 'partial', '').exitCode
}

function lines(job: JobStatus): [string, string][] {
  return [
    ['Job', `${job.id}, ${job.kind} into ${job.collection}`],
    ['State', stateOf(job)],
    ['Begun', time(job.createdAt)],
    ...(job.finishedAt === null ? [] : [['Ended', time(job.finishedAt)] satisfies [string, string]]),
    ['Progress', progressOf(job)],
    ...(job.current === null ? [] : [['Current', job.current] satisfies [string, string]]),
    ...(job.waiting === null ? [] : [['Waits', job.waiting] satisfies [string, string]]),
    ...(job.errorMessage === null
      ? []
      : [
          ['Error', `${job.errorCode}: ${job.errorMessage}`] satisfies [string, string],
          ['Next', `chatbot jobs retry ${job.id.slice(0, 8)}, or cancel`] satisfies [string, string],
        ]),
  ]
}

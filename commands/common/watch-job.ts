import type { ApiClient } from '../../src/client/api.ts'
import { followJob } from '../../src/client/sync/follow-job.ts'
import type { JobStatus } from '../../src/client/sync/run.ts'
import { onInterrupt } from '../../src/terminal/interrupt.ts'
import { ProgressReport } from '../../src/terminal/progress.ts'

/** Shows a job's progress until it has ended, or until Ctrl-C, which ends only the watching. */
export async function watchJob(
  api: ApiClient,
  first: JobStatus,
  { quiet }: { readonly quiet: boolean },
): Promise<JobStatus> {
  const interrupt = onInterrupt()
  const progress = quiet ? undefined : new ProgressReport(first.documents, 'document')
  try {
    const last = await followJob(api, first, {
      stop: interrupt.first,
      onProgress(job) {
        progress?.files(job.indexed + job.failed + job.replaced, job.documents)
        progress?.show(job)
      },
    })
    if (last.state === 'running') process.exitCode = 130
    return last
  } finally {
    progress?.[Symbol.dispose]()
    interrupt[Symbol.dispose]()
  }
}

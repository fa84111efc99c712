import type { ApiClient } from '../../src/client/api.ts'
import { pause } from '../../src/client/pause.ts'
import type { JobStatus } from '../../src/client/sync/run.ts'
import { onInterrupt } from './interrupt.ts'
import { ProgressReport } from './progress.ts'

const LOOK_MS = 500

/** Watches a job until it has ended, or until Ctrl-C: that ends the watching, not the job. */
export async function followJob(
  api: ApiClient,
  first: JobStatus,
  { quiet }: { readonly quiet: boolean },
): Promise<JobStatus> {
  const interrupt = onInterrupt()
  const progress = quiet ? undefined : new ProgressReport(first.documents, 'document')
  try {
    let job = first
    while (job.state === 'running' && !interrupt.first.aborted) {
      progress?.files(job.indexed + job.failed + job.replaced, job.documents)
      progress?.show(job)
      await pause(LOOK_MS, interrupt.first)
      job = await api.call('getJob', { params: { id: first.id } })
    }
    if (job.state === 'running') process.exitCode = 130
    return job
  } finally {
    progress?.[Symbol.dispose]()
    interrupt[Symbol.dispose]()
  }
}

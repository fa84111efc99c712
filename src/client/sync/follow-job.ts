import type { ApiClient } from '../api.ts'
import { pause } from '../pause.ts'
import type { JobStatus } from './run.ts'

const POLL_MS = 500

/** Polls a job until it has ended, or until the signal stops the polling; the job itself continues. */
export async function followJob(
  api: Pick<ApiClient, 'call'>,
  first: JobStatus,
  { stop, onProgress }: { readonly stop: AbortSignal; readonly onProgress: (job: JobStatus) => void },
): Promise<JobStatus> {
  let job = first
  while (job.state === 'running' && !stop.aborted) {
    onProgress(job)
    await pause(POLL_MS, stop)
    job = await api.call('getJob', { params: { id: first.id } })
  }
  return job
}

import type { JobKind } from '../domain/job.ts'
import { ingestSlice } from './ingest.ts'
import type { JobSlice } from './kind.ts'
import { rebuildSlice } from './rebuild.ts'

export const JOB_SLICES: Record<JobKind, JobSlice> = { ingest: ingestSlice, rebuild: rebuildSlice }

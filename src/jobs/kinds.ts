import type { JobKind } from '../domain/job.ts'
import { ingestTurn } from './ingest.ts'
import type { JobTurn } from './kind.ts'
import { rebuildTurn } from './rebuild.ts'

export const JOB_TURNS: Record<JobKind, JobTurn> = { ingest: ingestTurn, rebuild: rebuildTurn }

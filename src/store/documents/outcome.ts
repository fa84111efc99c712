/** The outcome of a run with a single document, whichever daemon worked on it. */
import { and, eq, sql } from 'drizzle-orm'
import { documents, jobs, stagedDocuments } from '../../../drizzle/schema.ts'
import type { Principal } from '../../domain/principal.ts'
import type { StagedOutcome } from '../../ports/store/staging.ts'
import type { Queries } from '../database/database.ts'

export async function outcomeOf(queries: Queries, principal: Principal, job: string): Promise<StagedOutcome> {
  const [row] = await queries
    .select({
      job: jobs.state,
      code: jobs.errorCode,
      message: jobs.errorMessage,
      state: stagedDocuments.state,
      indexed: stagedDocuments.document,
      live: documents.id,
      stagedAgain: isStagedAgain,
    })
    .from(jobs)
    .innerJoin(stagedDocuments, eq(stagedDocuments.job, jobs.id))
    .leftJoin(
      documents,
      and(eq(documents.collection, stagedDocuments.collection), eq(documents.uri, stagedDocuments.uri)),
    )
    .where(and(eq(jobs.id, job), eq(jobs.principal, principal.id)))
  if (row === undefined) return { state: 'cancelled' }
  if (row.indexed !== null) return { state: 'indexed', document: row.indexed }
  if (row.state === 'replaced' && row.stagedAgain) return { state: 'waiting' }
  if (row.state === 'replaced' && row.live !== null) return { state: 'indexed', document: row.live }
  if (row.state === 'staged' && row.job === 'running') return { state: 'waiting' }
  if (row.state === 'staged' && row.code !== null && row.message !== null)
    return { state: 'failed', code: row.code, message: row.message }
  return { state: 'cancelled' }
}

/** By a later upload of the same document, in a run that is not finished. */
const isStagedAgain = sql<boolean>`EXISTS (
  SELECT FROM staged_documents later JOIN jobs run ON run.id = later.job_id
  WHERE later.collection_id = ${stagedDocuments.collection} AND later.uri = ${stagedDocuments.uri}
    AND later.state = 'staged' AND run.state = 'running')`

import { and, asc, desc, eq, gt, inArray, isNotNull, lt, ne, sql } from 'drizzle-orm'
import {
  collections,
  generations,
  jobShards,
  jobs,
  stagedChunks,
  stagedDocuments,
  stagedParts,
  stagedVectors,
} from '../../../drizzle/schema.ts'
import { ChatbotError } from '../../domain/errors.ts'
import type { Job } from '../../domain/job.ts'
import type { Principal } from '../../domain/principal.ts'
import type { JobRepository } from '../../ports/store/jobs.ts'
import { may, mayEverywhere } from '../accounts/rights.ts'
import type { Database, Queries } from '../database/database.ts'
import { isUuid } from '../database/uuid.ts'
import { findCollection } from '../documents/collections.ts'
import { awaken, endSlice, finishIfDone, halt, holds, lockJob, renewLease, takeShard } from './claims.ts'

/** Parts of a job that several daemons can work on at the same time; PGlite has one daemon. */
export const shardsOf = (database: Database): number => (database.embedded ? 1 : 4)

/** How long finished jobs and the outcome of their documents are kept. */
const KEPT_DAYS = 7
/** After this time without work or uploads, the client or daemon of a run counts as gone. */
const ABANDONED_MINUTES = 10
/** Limit of the list of running jobs. */
const MAX_RUNNING = 1000

export function jobRepository(database: Database): JobRepository {
  return {
    create: (principal, { kind, collection, input, sealed }) =>
      database.transaction(async (queries) => {
        const owner = await findCollection(queries, principal, collection, 'editor')
        const values = { kind, collection: owner.id, input, sealed }
        const id = await insertJob(queries, principal, values, shardsOf(database))
        if (sealed) await awaken(queries, id, 0)
        return findJob(queries, principal, id)
      }),

    seal: (principal, id) =>
      database.transaction(async (queries) => {
        const { id: job } = await findJob(queries, principal, id)
        await lockJob(queries, job)
        await queries.update(jobs).set({ sealed: true, updatedAt: sql`now()` }).where(eq(jobs.id, job))
        await finishIfDone(queries, job)
        return findJob(queries, principal, job)
      }),

    list: (principal, limit) =>
      database.run((queries) =>
        selectJobs(queries)
          .where(and(eq(jobs.principal, principal.id), may(principal, 'editor')))
          .orderBy(desc(jobs.createdAt), asc(jobs.id))
          .limit(limit),
      ),

    running: (principal) =>
      database.run(async (queries) => {
        const all = await mayEverywhere(queries, principal, 'admin')
        const own = and(eq(jobs.principal, principal.id), may(principal, 'editor'))
        return selectJobs(queries)
          .where(and(eq(jobs.state, 'running'), all ? undefined : own))
          .orderBy(asc(jobs.createdAt), asc(jobs.id))
          .limit(MAX_RUNNING)
      }),

    get: (principal, id) => database.run((queries) => findJob(queries, principal, id)),

    documents: (principal, id, { after = 0, limit, states }) =>
      database.run(async (queries) => {
        const { id: job } = await findJob(queries, principal, id)
        return queries
          .select(DOCUMENT)
          .from(stagedDocuments)
          .where(
            and(
              eq(stagedDocuments.job, job),
              gt(stagedDocuments.id, after),
              states === undefined ? undefined : inArray(stagedDocuments.state, [...states]),
            ),
          )
          .orderBy(asc(stagedDocuments.id))
          .limit(limit)
      }),

    cancel: (principal, id) =>
      database.transaction(async (queries) => {
        const { id: job } = await findJob(queries, principal, id)
        await cancelJob(queries, job)
        return findJob(queries, principal, job)
      }),

    retry: (principal, id) =>
      database.transaction(async (queries) => {
        const { id: job } = await findJob(queries, principal, id)
        const locked = await lockJob(queries, job)
        if (locked?.state !== 'failed') throw ended(job, locked?.state)
        await queries
          .update(jobs)
          .set({ state: 'running', sealed: true, errorCode: null, errorMessage: null, finishedAt: null })
          .where(eq(jobs.id, job))
        await queries.update(jobShards).set({ due: sql`now()` }).where(eq(jobShards.job, job))
        return findJob(queries, principal, job)
      }),

    take: (leaseMs) => database.run((queries) => takeShard(queries, leaseMs)),

    renew: (claim, leaseMs) => database.run((queries) => renewLease(queries, claim, leaseMs)),

    release: (claim, more) => database.transaction((queries) => endSlice(queries, claim, more)),

    recover: () =>
      database.run(async (queries) => {
        await queries
          .update(jobShards)
          .set({ due: sql`now()`, epoch: sql`${jobShards.epoch} + 1` })
          .where(isNotNull(jobShards.due))
      }),

    forget: (principal, id) =>
      database.run(async (queries) => {
        await queries
          .delete(jobs)
          .where(and(eq(jobs.id, id), eq(jobs.principal, principal.id), ne(jobs.state, 'running')))
      }),

    tidy: () =>
      database.run(async (queries) => {
        await queries
          .update(jobs)
          .set({ sealed: true, state: 'done', updatedAt: sql`now()`, finishedAt: sql`now()` })
          .where(
            // Sealed ones too: a run with a single document whose daemon was killed before it had received all of
            // it.
            sql`${jobs.state} = 'running'
              AND ${jobs.updatedAt} < now() - make_interval(mins => ${ABANDONED_MINUTES})
              AND NOT EXISTS (SELECT FROM job_shards WHERE ${jobShards.job} = ${jobs.id} AND ${jobShards.due} IS NOT NULL)`,
          )
        await queries
          .delete(jobs)
          .where(lt(jobs.finishedAt, sql`now() - make_interval(days => ${KEPT_DAYS})`))
        // Uploads that were interrupted when their daemon was killed.
        await queries
          .delete(stagedDocuments)
          .where(
            sql`${stagedDocuments.state} = 'receiving' AND EXISTS (SELECT FROM jobs WHERE ${jobs.id} = ${stagedDocuments.job} AND ${jobs.state} <> 'running')`,
          )
      }),

    waiting: (claim, reason) =>
      database.transaction(async (queries) => {
        if (!(await holds(queries, claim))) return false
        await queries
          .update(jobs)
          .set({ waiting: reason, updatedAt: sql`now()` })
          .where(eq(jobs.id, claim.job))
        return true
      }),

    fail: (claim, { code, message }) =>
      database.transaction(async (queries) => {
        if (!(await holds(queries, claim))) return false
        await halt(queries, claim.job)
        await queries
          .update(jobs)
          .set({ state: 'failed', errorCode: code, errorMessage: message, ...AT_REST })
          .where(eq(jobs.id, claim.job))
        return true
      }),
  }
}

/** Throws `job_ended`. */
export async function cancelJob(queries: Queries, job: string): Promise<void> {
  const locked = await lockJob(queries, job)
  if (locked?.state !== 'running' && locked?.state !== 'failed') throw ended(job, locked?.state)
  await halt(queries, job)
  await dropStaged(queries, job)
  // What a rebuild has built is dropped in the background.
  await queries
    .update(generations)
    .set({ state: 'retired' })
    .where(
      sql`${generations.state} = 'building' AND ${generations.id} =
        (SELECT (${jobs.input}->>'generation')::int FROM ${jobs} WHERE ${jobs.id} = ${job})`,
    )
  await queries
    .update(jobs)
    .set({ state: 'cancelled', ...AT_REST })
    .where(eq(jobs.id, job))
}

const AT_REST = { current: null, waiting: null, updatedAt: sql`now()`, finishedAt: sql`now()` }

export async function insertJob(
  queries: Queries,
  principal: Principal,
  values: Pick<typeof jobs.$inferInsert, 'kind' | 'collection' | 'input' | 'sealed'>,
  shards: number,
): Promise<string> {
  const [row] = await queries
    .insert(jobs)
    .values({ ...values, principal: principal.id })
    .returning({ id: jobs.id })
  if (row === undefined) throw new ChatbotError('internal', 'The new job has no id.')
  await queries
    .insert(jobShards)
    .values(Array.from({ length: shards }, (_, shard) => ({ job: row.id, shard })))
  return row.id
}

/** By id or unique prefix (≥ 4 characters); throws `unknown_job`, also for another principal's. */
export async function findJob(queries: Queries, principal: Principal, reference: string): Promise<Job> {
  const known = /^[0-9a-f-]{4,36}$/i.test(reference)
  const rows = known
    ? await selectJobs(queries)
        .where(
          and(
            eq(jobs.principal, principal.id),
            may(principal, 'editor'),
            isUuid(reference)
              ? eq(jobs.id, reference)
              : sql`${jobs.id}::text LIKE ${`${reference.toLowerCase()}%`}`,
          ),
        )
        .limit(2)
    : []
  const [found, other] = rows
  if (found === undefined || other !== undefined) {
    throw new ChatbotError(
      'unknown_job',
      found === undefined
        ? `There is no job "${reference}". \`chatbot jobs list\` shows those that exist.`
        : `Several jobs begin with "${reference}": use more characters of the id.`,
    )
  }
  return found
}

/** Drops what the job has staged; the documents remain as a record of what was not indexed. */
async function dropStaged(queries: Queries, job: string): Promise<void> {
  const dropped = await queries
    .update(stagedDocuments)
    .set({ state: 'cancelled' })
    .where(and(eq(stagedDocuments.job, job), inArray(stagedDocuments.state, ['staged', 'receiving'])))
    .returning({ id: stagedDocuments.id })
  await deleteContent(
    queries,
    dropped.map(({ id }) => id),
  )
}

/** Deletes texts, chunks and vectors of staged documents. */
export async function deleteContent(queries: Queries, staged: readonly number[]): Promise<void> {
  if (staged.length === 0) return
  const ids = sql`${sql.param([...staged])}::bigint[]`
  await queries.delete(stagedVectors).where(sql`${stagedVectors.document} = ANY (${ids})`)
  await queries.delete(stagedChunks).where(sql`${stagedChunks.document} = ANY (${ids})`)
  await queries.delete(stagedParts).where(sql`${stagedParts.document} = ANY (${ids})`)
}

function selectJobs(queries: Queries) {
  return queries.select(JOB).from(jobs).innerJoin(collections, eq(collections.id, jobs.collection)).$dynamic()
}

const JOB = {
  id: jobs.id,
  kind: jobs.kind,
  collection: collections.name,
  state: jobs.state,
  sealed: jobs.sealed,
  documents: jobs.documents,
  indexed: jobs.indexed,
  failed: jobs.failed,
  replaced: jobs.replaced,
  chunks: jobs.chunks,
  embedded: jobs.embedded,
  reused: jobs.reused,
  current: jobs.current,
  waiting: jobs.waiting,
  errorCode: jobs.errorCode,
  errorMessage: jobs.errorMessage,
  createdAt: jobs.createdAt,
  updatedAt: jobs.updatedAt,
  finishedAt: jobs.finishedAt,
}

const DOCUMENT = {
  id: stagedDocuments.id,
  uri: stagedDocuments.uri,
  state: stagedDocuments.state,
  chunks: stagedDocuments.chunks,
  warnings: stagedDocuments.warnings,
  document: stagedDocuments.document,
  errorCode: stagedDocuments.errorCode,
  errorMessage: stagedDocuments.errorMessage,
}

function ended(id: string, state: Job['state'] | undefined): ChatbotError {
  return new ChatbotError(
    'job_ended',
    state === 'running' ? `The job ${id} is running.` : `The job ${id} is ${state ?? 'gone'}: nothing to do.`,
  )
}

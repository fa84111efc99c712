/** Leases on shards of a job: only the daemon that claimed a shard last may write, which every write checks. */
import { and, eq, isNotNull, isNull, notExists, type SQL, sql } from 'drizzle-orm'
import { collections, jobShards, jobs, stagedDocuments } from '../../../drizzle/schema.ts'
import { ChatbotError } from '../../domain/errors.ts'
import type { Claim } from '../../ports/store/jobs.ts'
import type { Queries } from '../database/database.ts'

/** Claims the longest overdue shard. Concurrent daemons get different ones. */
export async function takeShard(queries: Queries, leaseMs: number): Promise<Claim | undefined> {
  const due = queries
    .select({ job: jobShards.job, shard: jobShards.shard })
    .from(jobShards)
    .where(sql`${jobShards.due} <= now()`)
    .orderBy(jobShards.due)
    .limit(1)
    .for('update', { skipLocked: true })
  return claim(queries, sql`${due}`, leaseMs)
}

/** Claims a shard that no other daemon can have seen yet. */
export async function claimNew(
  queries: Queries,
  job: string,
  shard: number,
  leaseMs: number,
): Promise<Claim> {
  const claimed = await claim(queries, sql`(${job}::uuid, ${shard}::int)`, leaseMs)
  if (claimed === undefined) throw new ChatbotError('internal', 'The new job has no shard.')
  return claimed
}

async function claim(queries: Queries, shard: SQL, leaseMs: number): Promise<Claim | undefined> {
  const [taken] = await queries
    .update(jobShards)
    .set({ epoch: sql`${jobShards.epoch} + 1`, due: leaseEnd(leaseMs) })
    .from(jobs)
    .innerJoin(collections, eq(collections.id, jobs.collection))
    .where(and(sql`(${jobShards.job}, ${jobShards.shard}) = ${shard}`, eq(jobs.id, jobShards.job)))
    .returning({
      job: jobShards.job,
      shard: jobShards.shard,
      epoch: jobShards.epoch,
      kind: jobs.kind,
      input: jobs.input,
      collection: jobs.collection,
      collectionName: collections.name,
    })
  return taken
}

export async function renewLease(queries: Queries, claim: Claim, leaseMs: number): Promise<boolean> {
  const renewed = await queries
    .update(jobShards)
    .set({ due: leaseEnd(leaseMs) })
    .where(ours(claim))
    .returning({ shard: jobShards.shard })
  return renewed.length > 0
}

/** Whether the claim still holds; if so, it holds until the transaction ends. Locks the job. */
export async function holds(queries: Queries, claim: Claim): Promise<boolean> {
  await lockJob(queries, claim.job)
  const rows = await queries
    .select({ shard: jobShards.shard })
    .from(jobShards)
    .where(ours(claim))
    .for('share')
  return rows.length > 0
}

/** Releases a claimed shard. It stays due if more was staged meanwhile. */
export async function endSlice(queries: Queries, claim: Claim, more: boolean): Promise<void> {
  await lockJob(queries, claim.job)
  const due = more || (await hasStaged(queries, claim)) ? sql`now()` : null
  await queries.update(jobShards).set({ due }).where(ours(claim))
  await finishIfDone(queries, claim.job)
}

/** For a locked job: marks the shard as due. */
export async function awaken(queries: Queries, job: string, shard: number): Promise<void> {
  await queries
    .update(jobShards)
    .set({ due: sql`now()` })
    .where(and(eq(jobShards.job, job), eq(jobShards.shard, shard), isNull(jobShards.due)))
}

/** Fences off all workers of the job, and lets nobody claim it. */
export async function halt(queries: Queries, job: string): Promise<void> {
  await queries
    .update(jobShards)
    .set({ due: null, epoch: sql`${jobShards.epoch} + 1` })
    .where(eq(jobShards.job, job))
}

/** Serialises transactions that change which shards are active, or whether the job is running. */
export async function lockJob(queries: Queries, job: string) {
  const [row] = await queries.select().from(jobs).where(eq(jobs.id, job)).for('no key update')
  return row
}

/** For a locked job: it is done if it is sealed and no shard has work left. */
export async function finishIfDone(queries: Queries, job: string): Promise<void> {
  const working = queries
    .select({ job: jobShards.job })
    .from(jobShards)
    .where(and(eq(jobShards.job, job), isNotNull(jobShards.due)))
  await queries
    .update(jobs)
    .set({ state: 'done', current: null, waiting: null, updatedAt: sql`now()`, finishedAt: sql`now()` })
    .where(and(eq(jobs.id, job), eq(jobs.state, 'running'), eq(jobs.sealed, true), notExists(working)))
}

const leaseEnd = (ms: number) => sql`now() + make_interval(secs => ${ms / 1000}::float8)`

const ours = ({ job, shard, epoch }: Claim) =>
  and(eq(jobShards.job, job), eq(jobShards.shard, shard), eq(jobShards.epoch, epoch))

async function hasStaged(queries: Queries, { job, shard }: Claim): Promise<boolean> {
  const rows = await queries
    .select({ id: stagedDocuments.id })
    .from(stagedDocuments)
    .where(
      and(
        eq(stagedDocuments.job, job),
        eq(stagedDocuments.shard, shard),
        eq(stagedDocuments.state, 'staged'),
      ),
    )
    .limit(1)
  return rows.length > 0
}

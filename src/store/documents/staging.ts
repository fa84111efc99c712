/** Staged documents: received completely, embedded batch by batch, then published. */
import { and, asc, eq, inArray, type SQL, sql } from 'drizzle-orm'
import {
  collections,
  documents,
  jobs,
  sources,
  stagedChunks,
  stagedDocuments,
  stagedParts,
  stagedVectors,
} from '../../../drizzle/schema.ts'
import type { Chunk, Collection } from '../../domain/document.ts'
import { ChatbotError } from '../../domain/errors.ts'
import type { Principal } from '../../domain/principal.ts'
import type { NewDocument } from '../../ports/store/documents.ts'
import type {
  Staged,
  StagedAlone,
  StageTarget,
  StagingRepository,
  Unchanged,
} from '../../ports/store/staging.ts'
import type { LexicalText, WeightedTerm } from '../../text/bm25.ts'
import { batches } from '../database/batches.ts'
import type { Database, Queries } from '../database/database.ts'
import { boundLog } from '../database/maintenance.ts'
import { activeGeneration, ensureGeneration, generationCutBy } from '../indexes/partitions.ts'
import { awaken, claimNew, holds, lockJob } from '../jobs/claims.ts'
import { deleteContent, findJob, insertJob, shardsOf } from '../jobs/jobs.ts'
import { withTerms } from '../search/chunk-terms.ts'
import { findCollection, lockCollection, raiseRevision } from './collections.ts'
import { isIngesting, notYetIndexed } from './indexing.ts'
import { hasBlocks, replaceLive } from './live-chunks.ts'
import { outcomeOf } from './outcome.ts'
import { missingVectors, reuseVectors } from './staged-vectors.ts'
import { contextOf, splitText } from './text-parts.ts'

/** Longer values don't fit into a PostgreSQL index. */
const MAX_URI_BYTES = 2048
/** Chunks of a run that may wait for embedding: about 100 MB in the database. */
const MAX_BACKLOG = 50_000
const BACKLOG_RETRY_MS = 2000

export function stagingRepository(database: Database): StagingRepository {
  return {
    stage: (principal, { job: reference, ...target }, document, chunks) =>
      takeIn<Staged>(principal, target, document, chunks, {
        open: async (queries, owner) => ({
          job: await openRun(queries, principal, reference, owner.name),
          shard: Number.parseInt(document.hash.slice(0, 8), 16) % shardsOf(database),
        }),
        accepted: async (queries, { id, job, shard }) => {
          await awaken(queries, job, shard)
          return { status: 'staged', job, id }
        },
      }),

    stageAlone: async (principal, target, document, chunks, leaseMs) => {
      let made: string | undefined
      try {
        return await takeIn<StagedAlone>(principal, target, document, chunks, {
          open: async (queries, owner) => {
            const run = { kind: 'ingest', collection: owner.id, input: target.spec, sealed: true } as const
            made = await insertJob(queries, principal, run, 1)
            return { job: made, shard: 0 }
          },
          accepted: async (queries, { id, job, shard }) => ({
            status: 'claimed',
            claim: await claimNew(queries, job, shard, leaseMs),
            id,
          }),
        })
      } catch (error) {
        const job = made
        // If this fails, `tidy` ends it.
        if (job !== undefined)
          await database.run((queries) => queries.delete(jobs).where(eq(jobs.id, job))).catch(() => undefined)
        throw error
      }
    },

    outcome: (principal, job) => database.run((queries) => outcomeOf(queries, principal, job)),

    refuse: (principal, reference, uri, { code, message }) =>
      database.transaction(async (queries) => {
        const { id: job } = await findJob(queries, principal, reference)
        const owner = await lockJob(queries, job)
        if (owner?.state !== 'running') return
        await queries.insert(stagedDocuments).values({
          ...{
            job,
            shard: 0,
            collection: owner.collection,
            state: 'failed',
            errorCode: code,
            errorMessage: message,
          },
          ...{
            uri,
            title: uri,
            mediaType: '',
            language: 'en',
            bytes: 0,
            length: 0,
            hash: '',
            warnings: [],
            chunks: 0,
          },
        })
        await queries
          .update(jobs)
          .set({
            documents: sql`${jobs.documents} + 1`,
            failed: sql`${jobs.failed} + 1`,
            updatedAt: sql`now()`,
          })
          .where(eq(jobs.id, job))
      }),

    pending: (principal) =>
      database.run(async (queries) => {
        const rows = await queries
          .select({ collection: collections.name, documents: notYetIndexed })
          .from(jobs)
          .innerJoin(collections, eq(collections.id, jobs.collection))
          .where(and(isIngesting, eq(jobs.principal, principal.id)))
          .groupBy(collections.name)
          .orderBy(asc(collections.name))
        return rows.filter((row) => row.documents > 0)
      }),

    next: (claim, spec, after, limit) =>
      database.transaction(async (queries) => {
        if (!(await holds(queries, claim))) return undefined
        const found = await missingVectors(queries, claim, after, limit)
        const generation = await activeGeneration(
          queries,
          { id: claim.collection, name: claim.collectionName },
          spec,
        )
        const reused =
          generation === undefined ? new Set<string>() : await reuseVectors(queries, generation, found.chunks)
        const chunks = found.chunks.filter((chunk) => !reused.has(`${chunk.document} ${chunk.ordinal}`))
        if (reused.size > 0) {
          await queries
            .update(jobs)
            .set({ reused: sql`${jobs.reused} + ${reused.size}` })
            .where(eq(jobs.id, claim.job))
        }
        return { ...found, chunks }
      }),

    save: (claim, spec, embedded, current) =>
      database.transaction(async (queries) => {
        if (!(await holds(queries, claim))) return false
        await activeGeneration(queries, { id: claim.collection, name: claim.collectionName }, spec)
        const alive = await queries
          .select({ id: stagedDocuments.id })
          .from(stagedDocuments)
          .where(
            and(
              inArray(stagedDocuments.id, [...new Set(embedded.map(({ document }) => document))]),
              eq(stagedDocuments.state, 'staged'),
            ),
          )
          .for('key share')
        const ids = new Set(alive.map(({ id }) => id))
        let saved = 0
        const rows = embedded.filter(({ document }) => ids.has(document))
        for (const batch of batches(rows, (row) => row.embedding.byteLength)) {
          const inserted = await queries
            .insert(stagedVectors)
            .values(batch)
            .onConflictDoNothing()
            .returning({ ordinal: stagedVectors.ordinal })
          saved += inserted.length
        }
        await queries
          .update(jobs)
          .set({ embedded: sql`${jobs.embedded} + ${saved}`, current, waiting: null, updatedAt: sql`now()` })
          .where(eq(jobs.id, claim.job))
        return true
      }),

    left: (claim, limit) =>
      database.run(async (queries) => {
        const rows = await queries
          .select({ id: stagedDocuments.id })
          .from(stagedDocuments)
          .where(
            and(
              eq(stagedDocuments.job, claim.job),
              eq(stagedDocuments.shard, claim.shard),
              eq(stagedDocuments.state, 'staged'),
            ),
          )
          .orderBy(asc(stagedDocuments.id))
          .limit(limit)
        return rows.map(({ id }) => id)
      }),

    publish: async (claim, spec, ids, warn) => {
      const published = await database.transaction(async (queries) => {
        const owner = await lockCollection(queries, claim.collectionName)
        if (!(await holds(queries, claim))) return undefined
        const complete = await completeDocuments(queries, ids)
        if (complete.length === 0) return 0
        for (const { id, unknown } of complete) {
          const warning = unknown === null ? undefined : warn(unknown)
          if (warning === undefined) continue
          await queries
            .update(stagedDocuments)
            .set({ warnings: sql`${stagedDocuments.warnings} || ${JSON.stringify([warning])}::jsonb` })
            .where(eq(stagedDocuments.id, id))
        }
        const generation = await ensureGeneration(queries, owner, spec)
        const done = complete.map(({ id }) => id)
        await replaceLive(queries, generation, done)
        await deleteContent(queries, done)
        await raiseRevision(queries, owner.id)
        await queries
          .update(jobs)
          .set({ indexed: sql`${jobs.indexed} + ${done.length}`, updatedAt: sql`now()` })
          .where(eq(jobs.id, claim.job))
        return done.length
      })
      await boundLog(database)
      return published
    },
  }

  async function takeIn<Accepted extends { readonly status: string }>(
    principal: Principal,
    target: StageTarget,
    document: NewDocument,
    chunks: readonly Chunk[],
    run: Run<Accepted>,
  ): Promise<Accepted | Unchanged> {
    if (Buffer.byteLength(document.uri) > MAX_URI_BYTES) {
      throw new ChatbotError('bad_request', `A document's path may have at most ${MAX_URI_BYTES} bytes.`)
    }
    const { uri, title, text } = document
    const lexical = await withTerms(chunks.map((chunk) => ({ ...chunk, uri, title })))
    const parts = splitText(text)
    const groups = [...batches(lexical, ({ text, terms }) => text.length * 2 + terms.length * 24)]
    const store = async (step: Database['transaction']): Promise<Accepted | Unchanged> => {
      const begun = await step((queries) => begin(queries, principal, target, document, chunks.length, run))
      if (begun.status === 'unchanged') return begun
      for (const [part, text] of parts.entries()) {
        await step((queries) => queries.insert(stagedParts).values({ document: begun.id, part, text }))
      }
      for (const group of groups) {
        await step((queries) => queries.insert(stagedChunks).values(group.map(rowOf(begun.id))))
      }
      return step(async (queries) => {
        // Serialises uploads of the same document, and uploads with publishing it.
        await lockCollection(queries, target.collection)
        await accept(queries, begun, uri, chunks.length)
        return run.accepted(queries, begun)
      })
    }
    // In pieces if it is large, so that PGlite's single session can answer questions in between.
    return parts.length + groups.length > 2
      ? store(database.transaction)
      : database.transaction((queries) => store((work) => work(queries)))
  }
}

/** How documents enter a run. */
interface Run<Accepted> {
  /** The job and shard for the document's row. */
  open: (queries: Queries, owner: Collection) => Promise<Pick<StagedPlace, 'job' | 'shard'>>
  /** Called when the document is accepted, in the same transaction. */
  accepted: (queries: Queries, place: StagedPlace) => Promise<Accepted>
}

type Begun = Unchanged | ({ readonly status: 'begun' } & StagedPlace)

/** Creates the document's row, which its content will refer to. */
async function begin<Accepted>(
  queries: Queries,
  principal: Principal,
  target: StageTarget,
  { text, source, ...content }: NewDocument,
  chunks: number,
  run: Run<Accepted>,
): Promise<Begun> {
  const owner = await findCollection(queries, principal, target.collection, 'editor')
  const generation = await generationCutBy(queries, owner, target.spec)
  const [held] = await queries
    .select({ id: documents.id })
    .from(documents)
    .where(
      and(
        eq(documents.collection, owner.id),
        eq(documents.uri, content.uri),
        eq(documents.hash, content.hash),
        hasBlocks(generation),
      ),
    )
  if (held !== undefined && generation !== undefined) {
    await lockCollection(queries, target.collection)
    await replaceStaged(queries, owner.id, [content.uri])
    return { status: 'unchanged', document: held.id }
  }
  const { job, shard } = await run.open(queries, owner)
  const [row] = await queries
    .insert(stagedDocuments)
    .values({
      ...content,
      job,
      shard,
      collection: owner.id,
      source: sourceIn(owner.id, source),
      state: 'receiving',
      length: text.length,
      chunks,
    })
    .returning({ id: stagedDocuments.id })
  if (row === undefined) throw new ChatbotError('internal', 'The staged document has no id.')
  return { status: 'begun', id: row.id, job, shard, collection: owner.id }
}

interface StagedPlace {
  readonly id: number
  readonly job: string
  readonly shard: number
  /** Its id. */
  readonly collection: string
}

const rowOf =
  (document: number) =>
  ({
    embedText,
    terms,
    uri: _uri,
    title: _title,
    ...chunk
  }: Chunk & LexicalText & { terms: WeightedTerm[] }) => ({
    ...chunk,
    document,
    context: contextOf({ embedText, text: chunk.text }),
    terms: terms.map((term) => term.id),
    weights: terms,
  })

/** Null if the source was removed meanwhile, or belongs to another collection. */
const sourceIn = (collection: string, source: string | null) =>
  source === null
    ? null
    : sql`(SELECT ${sources.id} FROM ${sources} WHERE ${sources.id} = ${source} AND ${sources.collection} = ${collection})`

async function openRun(
  queries: Queries,
  principal: Principal,
  reference: string,
  collection: string,
): Promise<string> {
  const job = await findJob(queries, principal, reference)
  if (job.collection !== collection) {
    throw new ChatbotError('bad_request', `The job ${job.id} belongs to the collection "${job.collection}".`)
  }
  if (job.state === 'cancelled' || job.state === 'failed') {
    throw new ChatbotError('job_ended', `The job ${job.id} is ${job.state}: it accepts no more documents.`)
  }
  if (job.chunks - job.embedded - job.reused > MAX_BACKLOG) {
    throw new ChatbotError(
      'overloaded',
      `More than ${MAX_BACKLOG} chunks of this run are waiting for embedding.`,
      {
        retryAfterMs: BACKLOG_RETRY_MS,
      },
    )
  }
  return job.id
}

/** From here on the document is accepted: it ends indexed, or with a reason. */
async function accept(
  queries: Queries,
  { id, job, collection }: StagedPlace,
  uri: string,
  chunks: number,
): Promise<void> {
  const locked = await lockJob(queries, job)
  const open = locked?.state === 'running' || locked?.state === 'done'
  await replaceStaged(queries, collection, [uri])
  const [own] = await queries
    .update(stagedDocuments)
    .set({ state: 'staged' })
    .where(and(eq(stagedDocuments.id, id), eq(stagedDocuments.state, 'receiving')))
    .returning({ id: stagedDocuments.id })
  if (!open || own === undefined) {
    throw new ChatbotError('job_ended', 'The job ended while the document was being received.')
  }
  await queries
    .update(jobs)
    .set({
      // A run that seemed finished continues.
      state: sql`CASE ${jobs.state} WHEN 'done' THEN 'running' ELSE ${jobs.state} END`,
      finishedAt: null,
      documents: sql`${jobs.documents} + 1`,
      chunks: sql`${jobs.chunks} + ${chunks}`,
      updatedAt: sql`now()`,
    })
    .where(eq(jobs.id, job))
}

/** Which of the files are staged with this content in a running job. */
export async function stagedAmong(
  queries: Queries,
  collection: string,
  files: readonly { readonly uri: string; readonly hash: string }[],
): Promise<{ uri: string; job: string }[]> {
  const found: { uri: string; job: string }[] = []
  for (const batch of batches(files)) {
    const hashes = new Map(batch.map(({ uri, hash }) => [uri, hash]))
    const rows = await queries
      .select({ uri: stagedDocuments.uri, hash: stagedDocuments.hash, job: stagedDocuments.job })
      .from(stagedDocuments)
      .innerJoin(jobs, eq(jobs.id, stagedDocuments.job))
      .where(
        and(
          eq(stagedDocuments.collection, collection),
          eq(stagedDocuments.state, 'staged'),
          inArray(stagedDocuments.uri, [...hashes.keys()]),
          eq(jobs.state, 'running'),
        ),
      )
    for (const { uri, hash, job } of rows) if (hashes.get(uri) === hash) found.push({ uri, job })
  }
  return found
}

/** For a locked collection: discards what is still staged of these documents. */
export async function replaceStaged(
  queries: Queries,
  collection: string,
  uris: readonly string[],
): Promise<void> {
  for (const batch of batches(uris)) {
    const where = and(eq(stagedDocuments.collection, collection), inArray(stagedDocuments.uri, batch))
    await dropWaiting(queries, where)
  }
}

/** Like `replaceStaged`, for all documents of a source. */
export const replaceStagedOf = (queries: Queries, source: string): Promise<void> =>
  dropWaiting(queries, eq(stagedDocuments.source, source))

async function dropWaiting(queries: Queries, where: SQL | undefined): Promise<void> {
  const earlier = await queries
    .update(stagedDocuments)
    .set({ state: 'replaced' })
    .where(and(where, eq(stagedDocuments.state, 'staged')))
    .returning({ id: stagedDocuments.id, job: stagedDocuments.job })
  await deleteContent(
    queries,
    earlier.map(({ id }) => id),
  )
  for (const job of new Set(earlier.map((row) => row.job))) {
    const dropped = earlier.filter((row) => row.job === job).length
    await queries
      .update(jobs)
      .set({ replaced: sql`${jobs.replaced} + ${dropped}` })
      .where(eq(jobs.id, job))
  }
}

/** Those staged documents whose chunks all have vectors, and the share of their text that is unknown. */
async function completeDocuments(
  queries: Queries,
  ids: readonly number[],
): Promise<{ id: number; unknown: number | null }[]> {
  if (ids.length === 0) return []
  const locked = await queries
    .select({ id: stagedDocuments.id })
    .from(stagedDocuments)
    .where(and(inArray(stagedDocuments.id, [...ids]), eq(stagedDocuments.state, 'staged')))
    .orderBy(asc(stagedDocuments.id))
    .for('update')
  if (locked.length === 0) return []
  return queries
    .select({
      id: stagedDocuments.id,
      unknown: sql<number | null>`
        sum(${stagedVectors.unknown} * length(${stagedChunks.text})) FILTER (WHERE ${stagedVectors.unknown} IS NOT NULL)
        / nullif(sum(length(${stagedChunks.text})) FILTER (WHERE ${stagedVectors.unknown} IS NOT NULL), 0)`,
    })
    .from(stagedDocuments)
    .leftJoin(stagedChunks, eq(stagedChunks.document, stagedDocuments.id))
    .leftJoin(
      stagedVectors,
      and(eq(stagedVectors.document, stagedChunks.document), eq(stagedVectors.ordinal, stagedChunks.ordinal)),
    )
    .where(
      inArray(
        stagedDocuments.id,
        locked.map(({ id }) => id),
      ),
    )
    .groupBy(stagedDocuments.id)
    .having(sql`count(${stagedVectors.ordinal}) = ${stagedDocuments.chunks}`)
}

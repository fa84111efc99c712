/**
 * Builds a new generation beside the active one. The stored documents are the work list: one is complete in the
 * new generation once its chunk 0 is there, because chunks are written from the last to the first. Replacing a
 * document deletes its chunks in all generations, so it comes up again.
 */
import { and, asc, desc, eq, inArray, lt, ne, sql } from 'drizzle-orm'
import { z } from 'zod'
import { vectorBytes } from '../../../drizzle/columns.ts'
import {
  chunks,
  collections,
  documentParts,
  documents,
  generations,
  jobs,
  stagedDocuments,
  stagedVectors,
  vectors,
} from '../../../drizzle/schema.ts'
import type { IndexSpec } from '../../domain/document.ts'
import { ChatbotError } from '../../domain/errors.ts'
import type { Principal } from '../../domain/principal.ts'
import type { Claim } from '../../ports/store/jobs.ts'
import type { RebuildDocument, RebuildRepository } from '../../ports/store/rebuild.ts'
import { audit } from '../accounts/audit.ts'
import { batches } from '../database/batches.ts'
import type { Database, Queries } from '../database/database.ts'
import { boundLog } from '../database/maintenance.ts'
import { findCollection, lockCollection, raiseRevision } from '../documents/collections.ts'
import { writeChunks } from '../documents/documents.ts'
import { awaken, holds } from '../jobs/claims.ts'
import { findJob, insertJob } from '../jobs/jobs.ts'
import { withTerms } from '../search/chunk-terms.ts'
import { createGeneration, sameSpec, specOf } from './partitions.ts'

export function rebuildRepository(database: Database): RebuildRepository {
  return {
    begin: (principal, name, spec, { again } = { again: false }) =>
      database.transaction(async (queries) => {
        await findCollection(queries, principal, name, 'admin')
        const owner = await lockCollection(queries, name)
        const id =
          (await openRebuild(queries, principal, owner.id, spec)) ??
          (await beginRebuild(queries, principal, owner, spec, again))
        return id === undefined ? undefined : findJob(queries, principal, id)
      }),

    target: (claim) =>
      database.run(async (queries) => {
        const [made] = await queries
          .select({ generation: generations, active: collections.activeGeneration })
          .from(generations)
          .innerJoin(collections, eq(collections.id, generations.collection))
          .where(eq(generations.id, generationOf(claim)))
        if (made === undefined) return undefined
        const { id } = made.generation
        return { generation: id, spec: specOf(made.generation), swapped: id === made.active }
      }),

    next: (claim, after, limit) =>
      database.transaction(async (queries) => {
        if (!(await holds(queries, claim))) return undefined
        const generation = generationOf(claim)
        if (after === undefined) await countAnew(queries, claim, generation)
        const { rows } = await queries.execute(sql`
          SELECT d.id, d.uri, d.title, d.ingested_at::text AS version, d.chunks, made.below,
            coalesce(old.splitter <> new.splitter OR cut.chunks <> d.chunks OR cut.unknown, true) AS recut
          FROM documents d
            JOIN collections c ON c.id = d.collection_id
            LEFT JOIN generations old ON old.id = c.active_generation
            JOIN generations new ON new.id = ${generation},
            LATERAL (SELECT count(*) AS chunks, bool_or(k.context IS NULL) AS unknown FROM chunks k
              WHERE k.document_id = d.id AND k.generation_id = old.id) AS cut,
            LATERAL (SELECT min(k.ordinal) AS below FROM chunks k
              WHERE k.document_id = d.id AND k.generation_id = new.id) AS made
          WHERE d.collection_id = ${claim.collection} AND d.chunks > 0 AND made.below IS DISTINCT FROM 0
            ${after === undefined ? sql`` : sql`AND d.uri > ${after}`}
          ORDER BY d.uri LIMIT ${limit}`)
        return rows.map((row) => documentRow.parse(row))
      }),

    chunks: (_claim, { id }, below, limit) =>
      database.run(async (queries) => {
        const rows = await queries
          .select(CHUNK)
          .from(chunks)
          .innerJoin(collections, eq(collections.activeGeneration, chunks.generation))
          .where(and(eq(chunks.document, id), below === null ? undefined : lt(chunks.ordinal, below)))
          .orderBy(desc(chunks.ordinal))
          .limit(limit)
        return rows.map(({ page, line, context, ...row }) => ({
          ...row,
          page: page ?? undefined,
          line: line ?? undefined,
          embedText: (context ?? '') + row.text,
        }))
      }),

    stored: (_claim, { id, title }) =>
      database.run(async (queries) => {
        const parts = await queries
          .select({ text: documentParts.text })
          .from(documentParts)
          .where(eq(documentParts.document, id))
          .orderBy(asc(documentParts.part))
        const { start, end, heading, page, line, blocks } = CHUNK
        const cut = await queries
          .select({ start, end, heading, page, line, blocks })
          .from(chunks)
          .innerJoin(collections, eq(collections.activeGeneration, chunks.generation))
          .where(eq(chunks.document, id))
          .orderBy(asc(chunks.ordinal))
        return {
          title,
          text: parts.map(({ text }) => text).join(''),
          linesMatchFile: cut.some((chunk) => chunk.line !== null),
          chunks: cut.map((chunk) => ({
            start: chunk.start,
            end: chunk.end,
            heading: chunk.heading,
            page: chunk.page ?? undefined,
            blocks: chunk.blocks,
          })),
        }
      }),

    known: (claim, hashes) =>
      database.run(async (queries) => {
        const known = new Map<string, Float32Array>()
        const generation = generationOf(claim)
        for (const batch of batches(hashes)) {
          const rows = await queries
            .selectDistinctOn([chunks.hash], { hash: chunks.hash, vector: vectorBytes(vectors.embedding) })
            .from(chunks)
            .innerJoin(generations, eq(generations.id, chunks.generation))
            .innerJoin(vectors, and(eq(vectors.generation, chunks.generation), eq(vectors.chunk, chunks.id)))
            .where(
              and(
                eq(generations.collection, claim.collection),
                eq(
                  generations.model,
                  sql`(SELECT model FROM ${generations} AS made WHERE made.id = ${generation})`,
                ),
                inArray(chunks.hash, batch),
              ),
            )
          for (const row of rows) known.set(row.hash, row.vector)
        }
        return known
      }),

    write: async (claim, parts, current) => {
      const complete = await Promise.all(
        parts.map(async ({ document, chunks: made }) => ({
          document,
          rows: await withTerms(
            made.map((chunk) => ({
              ...chunk,
              context: chunk.embedText.slice(0, chunk.embedText.length - chunk.text.length),
              uri: document.uri,
              title: document.title,
            })),
          ),
        })),
      )
      const written = await database.transaction(async (queries) => {
        if (!(await holds(queries, claim))) return false
        const alive = await unchanged(
          queries,
          complete.map(({ document }) => document),
        )
        const counts = { embedded: 0, reused: 0, indexed: 0 }
        for (const { document, rows } of complete) {
          if (!alive.has(document.id)) continue
          if (rows.length === 0)
            await queries.update(documents).set({ chunks: 0 }).where(eq(documents.id, document.id))
          await writeChunks(queries, generationOf(claim), document.id, rows)
          counts.reused += rows.filter(({ reused }) => reused).length
          counts.embedded += rows.filter(({ reused }) => !reused).length
          counts.indexed += rows.some(({ ordinal }) => ordinal === 0) ? 1 : 0
        }
        await queries
          .update(jobs)
          .set({
            embedded: sql`${jobs.embedded} + ${counts.embedded}`,
            reused: sql`${jobs.reused} + ${counts.reused}`,
            indexed: sql`${jobs.indexed} + ${counts.indexed}`,
            current,
            waiting: null,
            updatedAt: sql`now()`,
          })
          .where(eq(jobs.id, claim.job))
        return true
      })
      await boundLog(database)
      return written
    },

    swap: (claim) =>
      database.transaction(async (queries) => {
        const owner = await lockCollection(queries, claim.collectionName)
        if (!(await holds(queries, claim))) return undefined
        const generation = generationOf(claim)
        const { rows } = await queries.execute(sql`
          SELECT FROM documents d WHERE d.collection_id = ${owner.id} AND d.chunks > 0 AND NOT EXISTS (
            SELECT FROM chunks k WHERE k.document_id = d.id AND k.generation_id = ${generation} AND k.ordinal = 0)
          LIMIT 1`)
        if (rows.length > 0) return false
        await forgetStagedVectors(queries, owner.id)
        await queries.execute(sql`
          UPDATE documents SET chunks = cut.chunks
          FROM (SELECT document_id, count(*) AS chunks FROM chunks WHERE generation_id = ${generation} GROUP BY 1) AS cut
          WHERE documents.id = cut.document_id AND documents.chunks <> cut.chunks`)
        await queries
          .update(collections)
          .set({ activeGeneration: generation })
          .where(eq(collections.id, owner.id))
        await queries
          .update(generations)
          .set({ state: 'retired' })
          .where(and(eq(generations.collection, owner.id), ne(generations.id, generation)))
        await queries.update(generations).set({ state: 'active' }).where(eq(generations.id, generation))
        await raiseRevision(queries, owner.id)
        return true
      }),
  }
}

const inputSchema = z.object({ generation: z.int() })
const generationOf = ({ input }: Pick<Claim, 'input'>): number => inputSchema.parse(input).generation

const documentRow = z.object({
  id: z.string(),
  uri: z.string(),
  title: z.string(),
  version: z.string(),
  recut: z.boolean(),
  below: z.int().nullable(),
})

const { ordinal, start, end, text, heading, page, line, tokens, hash, blocks, context } = chunks
const CHUNK = { ordinal, start, end, text, heading, page, line, tokens, hash, blocks, context }

/** The collection's rebuild that is running, or failed and is resumed; throws `rebuild_running`. */
async function openRebuild(
  queries: Queries,
  principal: Principal,
  collection: string,
  spec: IndexSpec,
): Promise<string | undefined> {
  const [open] = await queries
    .select({ id: jobs.id, state: jobs.state, principal: jobs.principal, generation: generations })
    .from(jobs)
    .innerJoin(generations, sql`${generations.id} = (${jobs.input}->>'generation')::int`)
    .where(
      and(
        eq(jobs.collection, collection),
        eq(jobs.kind, 'rebuild'),
        inArray(jobs.state, ['running', 'failed']),
      ),
    )
  if (open === undefined) return undefined
  if (open.principal !== principal.id || !sameSpec(open.generation, spec)) {
    throw new ChatbotError(
      'rebuild_running',
      `The collection is being rebuilt with ${open.generation.reference} by the job ${open.id}. ` +
        `Wait for it, or cancel it first: chatbot jobs cancel ${open.id.slice(0, 8)}`,
    )
  }
  if (open.state === 'failed') {
    await queries
      .update(jobs)
      .set({ state: 'running', errorCode: null, errorMessage: null, finishedAt: null })
      .where(eq(jobs.id, open.id))
    await awaken(queries, open.id, 0)
  }
  return open.id
}

/** Undefined if there is nothing to do: the index has this spec, or there is none. */
async function beginRebuild(
  queries: Queries,
  principal: Principal,
  owner: { readonly id: string; readonly name: string; readonly activeGeneration: number | null },
  spec: IndexSpec,
  again: boolean,
): Promise<string | undefined> {
  if (owner.activeGeneration === null) return undefined
  const [live] = await queries.select().from(generations).where(eq(generations.id, owner.activeGeneration))
  if (live === undefined || (sameSpec(live, spec) && !again)) return undefined
  const generation = await createGeneration(queries, owner.id, spec, 'building')
  await audit(queries, principal, 'index.rebuild', owner.name, { model: spec.model })
  const job = { kind: 'rebuild', collection: owner.id, input: { generation }, sealed: true } as const
  const id = await insertJob(queries, principal, job, 1)
  await countAnew(queries, { job: id, collection: owner.id }, generation)
  await awaken(queries, id, 0)
  return id
}

async function countAnew(
  queries: Queries,
  { job, collection }: Pick<Claim, 'job' | 'collection'>,
  generation: number,
): Promise<void> {
  await queries.execute(sql`
    UPDATE jobs SET documents = found.documents, chunks = found.chunks, indexed = found.indexed, updated_at = now()
    FROM (
      SELECT count(*) AS documents, coalesce(sum(d.chunks), 0) AS chunks, count(made.id) AS indexed
      FROM documents d LEFT JOIN chunks made
        ON made.document_id = d.id AND made.generation_id = ${generation} AND made.ordinal = 0
      WHERE d.collection_id = ${collection} AND d.chunks > 0
    ) AS found
    WHERE jobs.id = ${job}`)
}

/** Those of the documents that have not changed since they were read; they cannot change until the transaction ends. */
async function unchanged(queries: Queries, read: readonly RebuildDocument[]): Promise<Set<string>> {
  const rows = await queries
    .select({ id: documents.id, version: sql<string>`${documents.ingestedAt}::text` })
    .from(documents)
    .where(
      inArray(
        documents.id,
        read.map(({ id }) => id),
      ),
    )
    .orderBy(asc(documents.id))
    .for('share')
  const versions = new Map(rows.map(({ id, version }) => [id, version]))
  return new Set(read.filter(({ id, version }) => versions.get(id) === version).map(({ id }) => id))
}

/** Staged documents are embedded again, by the new model; locks their jobs so that none keeps an old vector. */
async function forgetStagedVectors(queries: Queries, collection: string): Promise<void> {
  const waiting = await queries
    .select({ id: jobs.id })
    .from(jobs)
    .where(
      and(
        eq(jobs.collection, collection),
        eq(jobs.kind, 'ingest'),
        inArray(jobs.state, ['running', 'failed']),
      ),
    )
    .orderBy(asc(jobs.id))
    .for('no key update')
  for (const { id } of waiting) {
    const { rowCount } = await queries.delete(stagedVectors).where(
      inArray(
        stagedVectors.document,
        queries
          .select({ id: stagedDocuments.id })
          .from(stagedDocuments)
          .where(and(eq(stagedDocuments.job, id), eq(stagedDocuments.state, 'staged'))),
      ),
    )
    await queries
      .update(jobs)
      .set({
        embedded: sql`greatest(0, ${jobs.embedded} - ${rowCount ?? 0})`,
        reused: sql`greatest(0, ${jobs.reused} - greatest(0, ${rowCount ?? 0} - ${jobs.embedded}))`,
      })
      .where(eq(jobs.id, id))
  }
}

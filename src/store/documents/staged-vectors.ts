/** Finds staged chunks without a vector, and reuses existing vectors. */
import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import { chunks, stagedChunks, stagedDocuments, stagedVectors } from '../../../drizzle/schema.ts'
import type { Claim } from '../../ports/store/jobs.ts'
import type { ChunkPosition, StagedChunk } from '../../ports/store/staging.ts'
import type { Queries } from '../database/database.ts'

/**
 * At most `limit` chunks after `after`, ordered by document and ordinal, and the documents that are complete with
 * them.
 */
export async function missingVectors(
  queries: Queries,
  claim: Claim,
  after: ChunkPosition,
  limit: number,
): Promise<{ chunks: StagedChunk[]; ends: number[]; last: ChunkPosition | undefined }> {
  const rows = await queries
    .select({
      document: stagedChunks.document,
      ordinal: stagedChunks.ordinal,
      hash: stagedChunks.hash,
      embedText: sql<string>`${stagedChunks.context} || ${stagedChunks.text}`,
      uri: stagedDocuments.uri,
    })
    .from(stagedDocuments)
    .innerJoin(stagedChunks, eq(stagedChunks.document, stagedDocuments.id))
    .leftJoin(
      stagedVectors,
      and(eq(stagedVectors.document, stagedChunks.document), eq(stagedVectors.ordinal, stagedChunks.ordinal)),
    )
    .where(
      and(
        eq(stagedDocuments.job, claim.job),
        eq(stagedDocuments.shard, claim.shard),
        eq(stagedDocuments.state, 'staged'),
        sql`${stagedDocuments.id} >= ${after.document}`,
        sql`(${stagedChunks.document}, ${stagedChunks.ordinal}) > (${after.document}::bigint, ${after.ordinal}::int)`,
        isNull(stagedVectors.document),
      ),
    )
    .orderBy(asc(stagedChunks.document), asc(stagedChunks.ordinal))
    .limit(limit + 1)
  // The row beyond the limit tells whether the last document continues.
  const beyond = rows.length > limit ? rows.pop()?.document : undefined
  const ends = new Set(rows.map((row) => row.document))
  if (beyond !== undefined) ends.delete(beyond)
  return { chunks: rows, ends: [...ends], last: rows.at(-1) }
}

/** Copies vectors of equal chunks from the active generation; returns the chunks that have one now. */
export async function reuseVectors(
  queries: Queries,
  generation: number,
  wanted: readonly StagedChunk[],
): Promise<Set<string>> {
  if (wanted.length === 0) return new Set()
  const { rows } = await queries.execute(sql`
    INSERT INTO staged_vectors (document_id, ordinal, embedding)
    SELECT w.document_id, w.ordinal, same.embedding
    FROM unnest(
        ${sql.param(wanted.map((chunk) => chunk.document))}::bigint[],
        ${sql.param(wanted.map((chunk) => chunk.ordinal))}::int[],
        ${sql.param(wanted.map((chunk) => chunk.hash))}::text[]
      ) AS w (document_id, ordinal, hash)
      JOIN staged_documents d ON d.id = w.document_id AND d.state = 'staged',
      LATERAL (
        SELECT v.embedding FROM ${chunks} k
          JOIN vectors v ON v.generation_id = ${generation} AND v.chunk_id = k.id
        WHERE k.generation_id = ${generation} AND k.hash = w.hash LIMIT 1
      ) AS same
    ON CONFLICT DO NOTHING
    RETURNING document_id, ordinal`)
  return new Set(rows.map((row) => `${row.document_id} ${row.ordinal}`))
}

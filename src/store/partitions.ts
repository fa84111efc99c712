import { eq, sql } from 'drizzle-orm'
import { collections, generations } from '../../drizzle/schema.ts'
import type { Collection, IndexSpec } from '../domain/document.ts'
import { ChatbotError } from '../domain/errors.ts'
import { LEXEMES_VERSION } from '../retrieval/lexemes.ts'
import type { Queries } from './database.ts'

/** The table that holds a generation's vectors. */
export const partitionName = (generation: number): string => `vectors_g${generation}`

/** The table that holds a generation's BM25 weights. */
export const termsPartitionName = (generation: number): string => `chunk_terms_g${generation}`

/**
 * The active generation of a locked collection, made when it has none. Throws `index_mismatch` when it has one of
 * another spec: vectors are never mixed.
 */
export async function ensureGeneration(
  queries: Queries,
  collection: Collection & { activeGeneration: number | null },
  spec: IndexSpec,
): Promise<number> {
  if (collection.activeGeneration === null) return createGeneration(queries, collection.id, spec)
  const [active] = await queries
    .select()
    .from(generations)
    .where(eq(generations.id, collection.activeGeneration))
  if (active === undefined || !sameSpec(active, spec)) {
    throw new ChatbotError(
      'index_mismatch',
      `The collection "${collection.name}" was indexed with ${active?.model} and splitter ${active?.splitter}, ` +
        `not with ${spec.model} and ${spec.splitter}. Ingest into a new collection, or remove this one first.`,
    )
  }
  return active.id
}

function sameSpec(left: IndexSpec, right: IndexSpec): boolean {
  return (
    left.model === right.model && left.dimensions === right.dimensions && left.splitter === right.splitter
  )
}

/** Drops the partitions of a collection's generations; their rows go with the collection. */
export async function dropGenerations(queries: Queries, collection: string): Promise<void> {
  const rows = await queries
    .select({ id: generations.id })
    .from(generations)
    .where(eq(generations.collection, collection))
  if (rows.length === 0) return
  await lockTables(queries, 'ACCESS EXCLUSIVE')
  for (const { id } of rows) {
    await queries.execute(sql`
      DROP TABLE IF EXISTS
        ${sql.identifier(partitionName(id))}, ${sql.identifier(termsPartitionName(id))}`)
  }
}

async function createGeneration(queries: Queries, collection: string, spec: IndexSpec): Promise<number> {
  const { model, dimensions, splitter } = spec
  const [created] = await queries
    .insert(generations)
    .values({ collection, model, dimensions, splitter, state: 'active', lexemes: LEXEMES_VERSION })
    .returning({ id: generations.id })
  if (created === undefined) throw new ChatbotError('internal', 'The new generation has no id.')
  await queries
    .update(collections)
    .set({ activeGeneration: created.id })
    .where(eq(collections.id, collection))
  await createPartitions(queries, created.id, dimensions)
  return created.id
}

/** Attached, not created as partitions: that would stop all readers of other partitions. */
async function createPartitions(queries: Queries, generation: number, dimensions: number): Promise<void> {
  const value = sql.raw(String(generation))
  const ofGeneration = sql`CONSTRAINT generation CHECK (generation_id = ${value})`
  const partition = sql.identifier(partitionName(generation))
  const termsPartition = sql.identifier(termsPartitionName(generation))
  await lockTables(queries, 'SHARE ROW EXCLUSIVE')
  await queries.execute(sql`
    CREATE TABLE ${partition} (
      LIKE vectors INCLUDING ALL, ${ofGeneration},
      CONSTRAINT dimensions CHECK (vector_dims(embedding) = ${sql.raw(String(dimensions))})
    )`)
  await queries.execute(sql`ALTER TABLE vectors ATTACH PARTITION ${partition} FOR VALUES IN (${value})`)
  await queries.execute(sql`CREATE TABLE ${termsPartition} (LIKE chunk_terms INCLUDING ALL, ${ofGeneration})`)
  await queries.execute(
    sql`ALTER TABLE chunk_terms ATTACH PARTITION ${termsPartition} FOR VALUES IN (${value})`,
  )
}

/** A partition's foreign key locks both tables; all transactions take them in this order. */
async function lockTables(queries: Queries, mode: 'SHARE ROW EXCLUSIVE' | 'ACCESS EXCLUSIVE'): Promise<void> {
  await queries.execute(sql`LOCK TABLE chunks IN ${sql.raw(mode)} MODE`)
  if (mode === 'ACCESS EXCLUSIVE') {
    await queries.execute(sql`LOCK TABLE vectors, chunk_terms IN ACCESS EXCLUSIVE MODE`)
  }
}
